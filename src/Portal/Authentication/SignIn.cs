using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Authentication;

/// <summary>Turns a verified id_token into a person, a sign-in session and what the cookie says about them.</summary>
public sealed class SignIn(IDbContextFactory<PortalDbContext> database, ProviderOptions provider, TimeProvider clock)
{
    private const int LongestClaim = 500;

    // Of the protocol, of one moment, or a list: nothing by which a cluster could know a person.
    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal)
        { "aud", "exp", "iat", "nbf", "nonce", "jti", "at_hash", "c_hash", "Hash", "sid", "auth_time", "acr", "amr", "azp", "rh", "uti", "aio" };

    /// <summary>Signs in whoever the token is about.</summary>
    /// <param name="token">The token; signature and issuer are verified.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    /// <returns>The principal for the cookie, or why this person stays outside.</returns>
    public async Task<Outcome<ClaimsPrincipal>> SignInAsync(VerifiedToken token, CancellationToken cancellation)
    {
        if (token.Claims.Audiences.Count != 1 || token.Claims.Audiences[0] != provider.ClientId
            || (token.Claims.AuthorizedParty is { } party && party != provider.ClientId))
            return new Refusal("WrongAudience", "The answer was meant for another application.");
        if (string.IsNullOrEmpty(token.Claims.Subject) || token.Claims.Subject.Length > 255) return new Refusal("BadToken", "The identity provider did not say who signed in.");
        try
        {
            return await RecordAsync(token, cancellation);
        }
        catch (DbUpdateException raced) when (raced.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } || raced is DbUpdateConcurrencyException)
        {
            // The same person signed in elsewhere at the same moment; now the row is there.
            return await RecordAsync(token, cancellation);
        }
    }

    private async Task<Outcome<ClaimsPrincipal>> RecordAsync(VerifiedToken token, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (issuer, subject) = (token.Claims.Issuer, token.Claims.Subject);
        var (name, userName) = PersonNames.Of(token);
        await using var db = await database.CreateDbContextAsync(cancellation);
        var person = await db.People.SingleOrDefaultAsync(p => p.Issuer == issuer && p.Subject == subject, cancellation);
        if (person is { IsDisabled: true }) return new Refusal("Disabled", "An admin has shut this account out of Lapse.");
        if (person is null) db.People.Add(person = Person.FirstSeen(issuer, subject, name, userName, token.Claims.Groups, now));
        else person.Seen(name, userName, token.Claims.Groups, now);
        var session = SignInSession.Start(person.Id, token.Claims.Groups, Scalars(token.All), now);
        db.SignInSessions.Add(session);
        db.Record(now, LedgerActor.Of(person.Id), LedgerActs.SignedIn, LedgerSubject.Of(session.Id), new JsonObject
        {
            ["issuer"] = issuer,
            ["sub"] = subject,
            ["name"] = name,
            ["groups"] = token.Claims.Groups is { } groups ? new JsonArray([.. groups.Select(g => (JsonNode)g)]) : null,
            ["acr"] = token.Claims.Acr,
        });
        await db.CommitAsync(cancellation);
        return Principal(person, session);
    }

    private static ClaimsPrincipal Principal(Person person, SignInSession session) => new(new ClaimsIdentity(
        [
            new(Actor.PersonClaim, person.Id.ToString()),
            new(Actor.SessionClaim, session.Id.ToString()),
            new("name", person.Name),
            new("preferred_username", person.UserName),
            // For what the navigation shows, never for what is allowed; a cookie has room for so many.
            .. session.Groups.Take(200).Select(group => new Claim("groups", group)),
        ],
        Schemes.Cookie, "name", "role"));

    private static Dictionary<string, string> Scalars(IReadOnlyDictionary<string, JsonElement> claims)
    {
        Dictionary<string, string> scalars = new(StringComparer.Ordinal);
        foreach (var (name, value) in claims)
        {
            if (Passing.Contains(name) || name.Length > 200) continue;
            var text = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                JsonValueKind.Number when value.TryGetInt64(out var number) => number.ToString(CultureInfo.InvariantCulture),
                _ => null,
            };
            if (text is { Length: > 0 and <= LongestClaim } && !text.Any(char.IsControl)) scalars[name] = text;
        }
        return scalars;
    }
}

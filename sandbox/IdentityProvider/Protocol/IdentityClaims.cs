using System.Collections.Immutable;
using System.Security.Claims;
using System.Text.Json;
using Lapse.Sandbox.IdentityProvider.SignIn;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>What the tokens say about a person and how that person signed in.</summary>
public static class IdentityClaims
{
    /// <summary>Person, time, level and methods of a sign-in.</summary>
    public static void SetSession(ClaimsIdentity identity, Session session) => identity
        .SetClaim(Claims.Subject, session.Sub)
        .SetClaim(Claims.AuthenticationTime, session.AuthTime.ToUnixTimeSeconds())
        .SetClaim(Claims.AuthenticationContextReference, Levels.Acr(session.Mfa))
        .SetClaims(Claims.AuthenticationMethodReference, [.. Levels.Amr(session.Mfa)]);

    /// <summary>What the people file says at this moment, as far as the granted scopes go.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Of(SandboxPerson person, ImmutableArray<string> scopes)
    {
        var claims = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (scopes.Contains(Scopes.Profile))
        {
            claims[Claims.Name] = JsonSerializer.SerializeToElement(person.Name);
            claims[Claims.PreferredUsername] = JsonSerializer.SerializeToElement(person.UserName);
        }

        if (scopes.Contains(Scopes.Email))
        {
            claims[Claims.Email] = JsonSerializer.SerializeToElement(person.Email);
            claims[Claims.EmailVerified] = JsonSerializer.SerializeToElement(true);
        }

        if (scopes.Contains(Clients.GroupsScope) && !person.OmitGroups)
            claims[Clients.GroupsScope] = JsonSerializer.SerializeToElement(person.Groups);

        foreach (var (type, value) in person.Claims ?? ImmutableDictionary<string, JsonElement>.Empty)
            claims[type] = value;
        return claims;
    }

    /// <summary>Sets a claim to exactly this JSON value.</summary>
    public static void Set(ClaimsIdentity identity, string type, JsonElement value)
    {
        // OpenIddict sets the members of an array one by one, whereby one becomes a plain string and none becomes nothing.
        if (value.ValueKind == JsonValueKind.Array)
            identity.RemoveClaims(type).AddClaim(new Claim(type, value.GetRawText(), JsonClaimValueTypes.JsonArray));
        else
            identity.SetClaim(type, value);
    }
}

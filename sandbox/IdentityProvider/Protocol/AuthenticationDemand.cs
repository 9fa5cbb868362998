using System.Text.Json;
using Lapse.Sandbox.IdentityProvider.SignIn;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>What an authorization request wants proved (OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1.1).</summary>
public sealed class AuthenticationDemand
{
    private readonly long? _maxAge;
    private readonly bool _mfa;
    private readonly bool _passwordWillDo;

    private AuthenticationDemand(OpenIddictRequest request, IReadOnlyList<string> wanted, bool essential)
    {
        var known = wanted.Where(Levels.All.Contains).ToList();
        Impossible = essential && wanted.Count > 0 && known.Count == 0;
        _mfa = known.Count > 0 && known[0] == Levels.Mfa;
        _passwordWillDo = known.Contains(Levels.Password);
        _maxAge = request.MaxAge;
        Silent = request.HasPromptValue(PromptValues.None);
        Fresh = request.HasPromptValue(PromptValues.Login) || request.HasPromptValue(PromptValues.SelectAccount) || _maxAge == 0;
    }

    /// <summary>A sign-in for this very request is wanted, whatever session there is.</summary>
    public bool Fresh { get; }

    /// <summary>Nothing may be shown (<c>prompt=none</c>).</summary>
    public bool Silent { get; }

    /// <summary>A level is essential that nobody can reach here.</summary>
    public bool Impossible { get; }

    /// <summary>Whether this person has to give a one-time code.</summary>
    public bool WantsCode(SandboxPerson person) => _mfa && !(person.Totp is null && _passwordWillDo);

    /// <summary>Whether a session is good enough.</summary>
    /// <param name="session">The session.</param>
    /// <param name="person">Its person.</param>
    /// <param name="now">The time.</param>
    /// <param name="forThis">The session was made by the sign-in that this very request asked for.</param>
    public bool IsMetBy(Session session, SandboxPerson person, DateTimeOffset now, bool forThis)
    {
        var young = _maxAge is not { } limit || now.ToUnixTimeSeconds() - session.AuthTime.ToUnixTimeSeconds() <= limit;
        return (forThis || (!Fresh && young)) && (session.Mfa || !WantsCode(person));
    }

    /// <summary>Reads the demand of a request.</summary>
    /// <returns><see langword="null"/> when the <c>claims</c> parameter is malformed.</returns>
    public static AuthenticationDemand? Of(OpenIddictRequest request)
    {
        var claims = request.GetParameter(Parameters.Claims)?.ToString();
        if (string.IsNullOrEmpty(claims))
            return new AuthenticationDemand(request, request.GetAcrValues(), essential: false);
        try
        {
            using var document = JsonDocument.Parse(claims);
            return document.RootElement.TryGetProperty("id_token", out var token)
                && token.TryGetProperty("acr", out var acr)
                && acr.ValueKind == JsonValueKind.Object
                    ? new AuthenticationDemand(request, Values(acr), acr.TryGetProperty("essential", out var e) && e.GetBoolean())
                    : new AuthenticationDemand(request, request.GetAcrValues(), essential: false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static List<string> Values(JsonElement acr)
    {
        if (acr.TryGetProperty("values", out var values))
            return [.. values.EnumerateArray().Select(v => v.GetString()!)];
        return acr.TryGetProperty("value", out var value) ? [value.GetString()!] : [];
    }
}

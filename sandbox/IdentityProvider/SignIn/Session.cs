using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>Who is signed in at the provider in this browser, since when and how.</summary>
/// <param name="Sub">The person.</param>
/// <param name="AuthTime">When the last sign-in was complete.</param>
/// <param name="Mfa">Whether a one-time code was part of it.</param>
public sealed record Session(string Sub, DateTimeOffset AuthTime, bool Mfa)
{
    /// <summary>The authentication scheme and, since cookies do not know ports, the cookie's own name.</summary>
    public const string Scheme = "lapse-sandbox-provider";

    /// <summary>The session of this browser, or <see langword="null"/>.</summary>
    public static async Task<Session?> ReadAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(Scheme);
        return result.Principal is { } principal
            && principal.FindFirstValue("sub") is { } sub
            && long.TryParse(principal.FindFirstValue("auth_time"), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
                ? new Session(sub, DateTimeOffset.FromUnixTimeSeconds(time), principal.HasClaim("mfa", "true"))
                : null;
    }

    /// <summary>Makes this the session of this browser, in place of any other.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var identity = new ClaimsIdentity(Scheme);
        identity.AddClaim(new Claim("sub", Sub));
        identity.AddClaim(new Claim("auth_time", AuthTime.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        if (Mfa)
            identity.AddClaim(new Claim("mfa", "true"));
        return context.SignInAsync(Scheme, new ClaimsPrincipal(identity));
    }
}

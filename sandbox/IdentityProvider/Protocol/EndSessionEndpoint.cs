using Lapse.Sandbox.IdentityProvider.SignIn;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Server.AspNetCore;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>Ends the session of this browser (OpenID Connect RP-Initiated Logout 1.0).</summary>
public static class EndSessionEndpoint
{
    /// <summary>
    /// The endpoint, for GET and POST. The address to go on to has been checked against the clients before. It does not ask
    /// back without an <c>id_token_hint</c>: to be signed out of a sandbox by a link from elsewhere costs one click.
    /// </summary>
    public static async Task<IResult> HandleAsync(HttpContext context)
    {
        await context.SignOutAsync(Session.Scheme);
        return Results.SignOut(
            new AuthenticationProperties { RedirectUri = SignInEndpoints.SignedOut },
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
    }
}

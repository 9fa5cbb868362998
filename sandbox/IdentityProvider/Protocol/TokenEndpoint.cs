using System.Security.Claims;
using Lapse.Sandbox.IdentityProvider.People;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>Turns a checked authorization code into tokens.</summary>
public static class TokenEndpoint
{
    /// <summary>The endpoint.</summary>
    public static async Task<IResult> HandleAsync(HttpContext context, PeopleFile people)
    {
        var code = await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        var person = people.WithSub(code.Principal?.GetClaim(Claims.Subject));
        if (person is null)
        {
            return Results.Forbid(
                new AuthenticationProperties(new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = Errors.InvalidGrant,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = "The person is no longer known.",
                }),
                [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
        }

        // The person is read now, not when the code was made: the people file may have changed in between.
        var identity = new ClaimsIdentity(code.Principal!.Claims, "provider", Claims.Name, Claims.Role);
        foreach (var (type, value) in IdentityClaims.Of(person, identity.GetScopes()))
            IdentityClaims.Set(identity, type, value);
        identity.SetDestinations(claim => claim.Type == Claims.Subject
            ? [Destinations.AccessToken, Destinations.IdentityToken]
            : [Destinations.IdentityToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }
}

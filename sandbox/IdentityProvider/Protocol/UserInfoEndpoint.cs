using Lapse.Sandbox.IdentityProvider.People;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>Tells the bearer of an access token about its person.</summary>
public static class UserInfoEndpoint
{
    /// <summary>The endpoint.</summary>
    public static async Task<IResult> HandleAsync(HttpContext context, PeopleFile people)
    {
        var token = await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        if (people.WithSub(token.Principal?.GetClaim(Claims.Subject)) is not { } person)
            return Results.Challenge(authenticationSchemes: [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);

        var answer = new Dictionary<string, object>(StringComparer.Ordinal) { [Claims.Subject] = person.Sub };
        foreach (var (type, value) in IdentityClaims.Of(person, token.Principal!.GetScopes()))
            answer[type] = value;
        return Results.Json(answer);
    }
}

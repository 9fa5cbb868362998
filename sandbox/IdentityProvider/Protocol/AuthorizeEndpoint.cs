using System.Security.Claims;
using Lapse.Sandbox.IdentityProvider.People;
using Lapse.Sandbox.IdentityProvider.SignIn;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>Answers a checked authorization request: with a code, an error, or the sign-in pages.</summary>
public static class AuthorizeEndpoint
{
    private const string UnmetAuthenticationRequirements = "unmet_authentication_requirements";

    /// <summary>The endpoint, for GET and POST.</summary>
    public static async Task<IResult> HandleAsync(
        HttpContext context,
        PeopleFile people,
        Interactions interactions,
        IOpenIddictApplicationManager applications,
        TimeProvider clock,
        CancellationToken cancel)
    {
        var request = context.GetOpenIddictServerRequest()
            ?? throw new InvalidOperationException("There is no authorization request.");
        var finished = interactions.Take(context);
        if (finished?.End == InteractionEnd.Cancelled)
            return Refuse(Errors.AccessDenied, "The person cancelled the sign-in.");
        if (finished?.End == InteractionEnd.Unmet)
            return Refuse(UnmetAuthenticationRequirements, "The person has no second factor enrolled.");

        var demand = AuthenticationDemand.Of(request);
        if (demand is null)
            return Refuse(Errors.InvalidRequest, "The claims parameter is malformed.");
        if (demand.Impossible)
            return Refuse(UnmetAuthenticationRequirements, "This provider knows none of the essential acr values.");

        var session = await Session.ReadAsync(context);
        var person = people.WithSub(session?.Sub);
        if (session is not null
            && person is not null
            && demand.IsMetBy(session, person, clock.GetUtcNow(), forThis: finished?.Sub == session.Sub))
        {
            return SignIn(request, session);
        }

        if (demand.Silent)
        {
            return person is not null && demand.IsMetBy(session! with { Mfa = true }, person, clock.GetUtcNow(), forThis: false)
                ? Refuse(Errors.InteractionRequired, "A one-time code is needed.")
                : Refuse(Errors.LoginRequired, "The person has to sign in.");
        }

        var application = await applications.FindByClientIdAsync(request.ClientId!, cancel);
        var name = application is null ? null : await applications.GetDisplayNameAsync(application, cancel);
        var interaction = interactions.Open(context, (id, browser, returnUrl, expires) => new Interaction(
            id, browser, returnUrl, name ?? request.ClientId!, demand, request.LoginHint ?? person?.UserName, person?.Sub, expires));
        return Results.Redirect(SignInEndpoints.Address(interaction));
    }

    private static IResult SignIn(OpenIddictRequest request, Session session)
    {
        var identity = new ClaimsIdentity("provider", Claims.Name, Claims.Role);
        IdentityClaims.SetSession(identity, session);
        identity.SetScopes(request.GetScopes());
        identity.SetDestinations(_ => [Destinations.IdentityToken]);
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static IResult Refuse(string error, string description) => Results.Forbid(
        new AuthenticationProperties(new Dictionary<string, string?>
        {
            [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
            [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
        }),
        [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
}

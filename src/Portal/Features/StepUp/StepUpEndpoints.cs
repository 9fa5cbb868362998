using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Portal.Features.StepUp;

/// <summary>The ways out of the page <c>/step-up/{id}</c>.</summary>
internal static partial class StepUpEndpoints
{
    public static void MapLapseStepUp(this IEndpointRouteBuilder app)
    {
        app.MapPost("/step-up/{id:guid}/go", GoAsync).AllowAnonymous().LimitsStepUps();
        // A link, a bookmark or a reload: leads to the page that names the act, and starts nothing.
        app.MapGet("/step-up/{id:guid}/go", (Guid id) => Results.LocalRedirect(StepUpEngine.Address(StepUpChallengeId.From(id)))).AllowAnonymous();
        app.MapPost("/step-up/{id:guid}/cancel", CancelAsync).AllowAnonymous();
        app.MapPost("/step-up/{id:guid}/confirm", ConfirmAsync).AllowAnonymous();
    }

    // Only the form on the page that names the act has the antiforgery token, so nobody is sent off by a link without having seen it.
    private static async Task GoAsync(
        HttpContext context, Guid id, IAntiforgery antiforgery, StepUpEngine engine, StepUpRefusals refusals, ProviderDiscovery discovery, IDbContextFactory<PortalDbContext> database, ILogger<StepUpEngine> log)
    {
        var challengeId = StepUpChallengeId.From(id);
        if (Actor.From(context.User) is not { } actor || !await antiforgery.IsRequestValidAsync(context))
        {
            SeeOther(context, StepUpEngine.Address(challengeId));
            return;
        }
        try
        {
            // Before it is started: a provider that is down costs nothing, the same challenge goes on later.
            await discovery.GetConfigurationAsync(context.RequestAborted);
        }
        catch (Exception failed) when (AuthenticationEndpoints.IsProviderFailure(failed, context))
        {
            LogDown(log, failed);
            SeeOther(context, $"{StepUpEngine.Address(challengeId)}?problem=provider");
            return;
        }
        var started = await engine.StartAsync(actor, challengeId, context.RequestAborted);
        if (!started.Succeeded)
        {
            SeeOther(context, await refusals.ReturnAsync(actor, challengeId, context.RequestAborted));
            return;
        }
        try
        {
            await LeaveAsync(context, started.Value, await UserNameAsync(database, actor, context.RequestAborted));
        }
        catch (Exception failed) when (AuthenticationEndpoints.IsProviderFailure(failed, context))
        {
            LogDown(log, failed);
            SeeOther(context, await refusals.RefuseAsync(actor, challengeId, StepUpEvents.Down, null, CancellationToken.None));
        }
    }

    private static async Task LeaveAsync(HttpContext context, StepUpChallenge challenge, string userName)
    {
        var properties = new OpenIdConnectChallengeProperties { RedirectUri = "/", Prompt = "login", MaxAge = TimeSpan.Zero };
        properties.Items[StepUpEvents.ChallengeItem] = challenge.Id.ToString();
        properties.SetParameter(OpenIdConnectParameterNames.LoginHint, userName);
        StepUpProtocol.Use(context, challenge.Nonce);
        await context.ChallengeAsync(Schemes.StepUp, properties);
        // The handler says 302, after which a client may send the form on; 303 means GET (RFC 9110, section 15.4.4).
        if (context.Response.StatusCode == StatusCodes.Status302Found) context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }

    private static void SeeOther(HttpContext context, string address)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = address;
    }

    private static async Task CancelAsync(HttpContext context, Guid id, IAntiforgery antiforgery, StepUpEngine engine)
    {
        if (Actor.From(context.User) is not { } actor || !await antiforgery.IsRequestValidAsync(context)) SeeOther(context, "/");
        else SeeOther(context, await engine.CancelAsync(actor, StepUpChallengeId.From(id), context.RequestAborted));
    }

    private static async Task ConfirmAsync(HttpContext context, Guid id, IAntiforgery antiforgery, StepUpAnswer answer, StepUpRefusals refusals)
    {
        if (Actor.From(context.User) is not { } actor || !await antiforgery.IsRequestValidAsync(context))
        {
            SeeOther(context, "/");
            return;
        }
        var challenge = StepUpChallengeId.From(id);
        var done = await answer.ConfirmAsync(actor, challenge, CancellationToken.None);
        SeeOther(context, done.Succeeded ? done.Value : await refusals.RefuseAsync(actor, challenge, done.Refusal!, null, CancellationToken.None));
    }

    private static async Task<string> UserNameAsync(IDbContextFactory<PortalDbContext> database, Actor actor, CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        return await db.People.Where(p => p.Id == actor.PersonId).Select(p => p.UserName).SingleAsync(cancellation);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity provider does not answer as it should")]
    private static partial void LogDown(ILogger log, Exception failed);
}

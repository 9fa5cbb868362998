using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
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
        app.MapGet("/step-up/{id:guid}/go", GoAsync).AllowAnonymous();
        app.MapPost("/step-up/{id:guid}/cancel", CancelAsync).AllowAnonymous();
        app.MapPost("/step-up/{id:guid}/confirm", ConfirmAsync).AllowAnonymous();
    }

    // A GET that changes something, but only forwards what this session began over its circuit, once; from elsewhere it starts nothing.
    private static async Task GoAsync(
        HttpContext context, Guid id, StepUpEngine engine, StepUpRefusals refusals, ProviderDiscovery discovery, IDbContextFactory<PortalDbContext> database, ILogger<StepUpEngine> log)
    {
        var challengeId = StepUpChallengeId.From(id);
        if (Actor.From(context.User) is not { } actor)
        {
            context.Response.Redirect("/");
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
            context.Response.Redirect($"{StepUpEngine.Address(challengeId)}?problem=provider");
            return;
        }
        var started = await engine.StartAsync(actor, challengeId, context.RequestAborted);
        if (!started.Succeeded)
        {
            context.Response.Redirect(await refusals.ReturnAsync(actor, challengeId, context.RequestAborted));
            return;
        }
        try
        {
            await LeaveAsync(context, started.Value, await UserNameAsync(database, actor, context.RequestAborted));
        }
        catch (Exception failed) when (AuthenticationEndpoints.IsProviderFailure(failed, context))
        {
            LogDown(log, failed);
            context.Response.Redirect(await refusals.RefuseAsync(actor, challengeId, StepUpEvents.Down, null, CancellationToken.None));
        }
    }

    private static async Task LeaveAsync(HttpContext context, StepUpChallenge challenge, string userName)
    {
        var properties = new OpenIdConnectChallengeProperties { RedirectUri = "/", Prompt = "login", MaxAge = TimeSpan.Zero };
        properties.Items[StepUpEvents.ChallengeItem] = challenge.Id.ToString();
        properties.SetParameter(OpenIdConnectParameterNames.LoginHint, userName);
        StepUpProtocol.Use(context, challenge.Nonce);
        await context.ChallengeAsync(Schemes.StepUp, properties);
    }

    private static async Task CancelAsync(HttpContext context, Guid id, IAntiforgery antiforgery, StepUpEngine engine)
    {
        if (Actor.From(context.User) is not { } actor || !await antiforgery.IsRequestValidAsync(context)) context.Response.Redirect("/");
        else context.Response.Redirect(await engine.CancelAsync(actor, StepUpChallengeId.From(id), context.RequestAborted));
    }

    private static async Task ConfirmAsync(HttpContext context, Guid id, IAntiforgery antiforgery, StepUpAnswer answer, StepUpRefusals refusals)
    {
        if (Actor.From(context.User) is not { } actor || !await antiforgery.IsRequestValidAsync(context))
        {
            context.Response.Redirect("/");
            return;
        }
        var challenge = StepUpChallengeId.From(id);
        var done = await answer.ConfirmAsync(actor, challenge, CancellationToken.None);
        context.Response.Redirect(done.Succeeded ? done.Value : await refusals.RefuseAsync(actor, challenge, done.Refusal!, null, CancellationToken.None));
    }

    private static async Task<string> UserNameAsync(IDbContextFactory<PortalDbContext> database, Actor actor, CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        return await db.People.Where(p => p.Id == actor.PersonId).Select(p => p.UserName).SingleAsync(cancellation);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity provider does not answer as it should")]
    private static partial void LogDown(ILogger log, Exception failed);
}

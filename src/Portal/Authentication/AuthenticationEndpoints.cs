using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Portal.Authentication;

/// <summary>Signing in and out. A cookie cannot be set over a circuit, so these are plain endpoints.</summary>
public static partial class AuthenticationEndpoints
{
    /// <summary>Maps <c>GET /sign-in</c>, <c>POST /session/end</c> and the endpoints of step-up.</summary>
    public static IEndpointRouteBuilder MapLapseAuthentication(this IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in", SignInAsync).AllowAnonymous().LimitsSignIns();
        app.MapPost("/session/end", SignOutAsync).AllowAnonymous();
        app.MapLapseStepUp();
        return app;
    }

    private static async Task SignInAsync(HttpContext context, ProviderDiscovery discovery, ILogger<SignIn> log, string? returnUrl)
    {
        var address = LocalAddress.Of(returnUrl);
        if (Actor.From(context.User) is not null)
        {
            context.Response.Redirect(address);
            return;
        }
        try
        {
            await discovery.GetConfigurationAsync(context.RequestAborted);
            await context.ChallengeAsync(Schemes.SignIn, new AuthenticationProperties { RedirectUri = address });
        }
        catch (Exception failed) when (IsProviderFailure(failed, context))
        {
            var number = CorrelationId.New();
            LogDownAt(log, failed, number);
            context.Response.Redirect(DeniedAddress.Of("provider", number));
        }
    }

    private static async Task SignOutAsync(
        HttpContext context, IAntiforgery antiforgery, IDbContextFactory<PortalDbContext> database, ProviderDiscovery discovery, TimeProvider clock, ILogger<SignIn> log)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            context.Response.Redirect("/sign-out");
            return;
        }
        if (Actor.From(context.User) is { } actor) await EndAsync(database, actor, clock, context.RequestAborted);
        await context.SignOutAsync(Schemes.Cookie);
        try
        {
            var configuration = await discovery.GetConfigurationAsync(context.RequestAborted);
            if (!string.IsNullOrEmpty(configuration.EndSessionEndpoint))
            {
                await context.SignOutAsync(Schemes.SignIn, new AuthenticationProperties { RedirectUri = "/signed-out" });
                return;
            }
        }
        catch (Exception failed) when (IsProviderFailure(failed, context))
        {
            // Lapse's own session is over in any case.
            LogDown(log, failed);
        }
        context.Response.Redirect("/signed-out");
    }

    private static async Task EndAsync(IDbContextFactory<PortalDbContext> database, Actor actor, TimeProvider clock, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await database.CreateDbContextAsync(cancellation);
        var session = await db.SignInSessions.SingleOrDefaultAsync(s => s.Id == actor.SessionId && s.PersonId == actor.PersonId && s.EndedAt == null, cancellation);
        if (session is null) return;
        session.End(now);
        db.Record(now, LedgerActor.Of(actor.PersonId), LedgerActs.SignedOut, LedgerSubject.Of(session.Id), []);
        await db.CommitAsync(cancellation);
    }

    /// <summary>Whether the provider is what failed: not reachable, or its answer no use.</summary>
    internal static bool IsProviderFailure(Exception failed, HttpContext context) =>
        !context.RequestAborted.IsCancellationRequested && !DatabaseTrouble.Is(failed)
        && failed is HttpRequestException or InvalidOperationException or IOException or OpenIdConnectProtocolException or TaskCanceledException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The identity provider does not answer as it should")]
    private static partial void LogDown(ILogger log, Exception failed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in could not begin: the identity provider does not answer as it should. Correlation id {CorrelationId}.")]
    private static partial void LogDownAt(ILogger log, Exception failed, string correlationId);
}

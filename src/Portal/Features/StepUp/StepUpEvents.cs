using Lapse.Domain;
using Lapse.Infrastructure.Oidc;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Portal.Features.StepUp;

/// <summary>The way to the provider and back. The act is done in <see cref="TicketReceived"/>, after every check of the handler too.</summary>
internal sealed partial class StepUpEvents(StepUpAnswer answer, StepUpRefusals refusals, ProviderOptions provider, ILogger<StepUpEvents> log) : OpenIdConnectEvents
{
    /// <summary>The protected property that carries the challenge through the provider.</summary>
    public const string ChallengeItem = "lapse.challenge";

    private static readonly object Token = new();
    private static readonly object Properties = new();

    /// <inheritdoc/>
    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        var profile = provider.Effective();
        context.ProtocolMessage.LoginHint = context.Properties.GetParameter<string>(OpenIdConnectParameterNames.LoginHint);
        if (profile.AcrValues.Count > 0) context.ProtocolMessage.AcrValues = string.Join(' ', profile.AcrValues);
        if (profile.ClaimsJson() is { } claims) context.ProtocolMessage.SetParameter("claims", claims);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        // Only judged here: the handler's own checks, such as that of the nonce cookie, come after this event.
        var token = context.TokenEndpointResponse.IdToken ?? "";
        // A failure that an event reports reaches RemoteFailure without the properties.
        context.HttpContext.Items[Properties] = context.Properties;
        var verified = Challenge(context.Properties) is { } id
            ? await answer.CheckAsync(await ActorAsync(context.HttpContext), id, token, context.HttpContext.RequestAborted)
            : new Refusal("ChallengeNotStarted", "This confirmation was not started here. Nothing was done.");
        if (verified.Succeeded) context.HttpContext.Items[Token] = (token, verified.Value);
        else context.Fail(new RefusedException(verified.Refusal!));
    }

    /// <inheritdoc/>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var actor = await ActorAsync(context.HttpContext);
        if (context.HttpContext.Items[Token] is not (string token, VerifiedToken verified) || actor is null || Challenge(context.Properties) is not { } id)
        {
            context.Response.Redirect("/");
            return;
        }
        try
        {
            // From here on a closed browser stops nothing: the act is done whole or not at all.
            var done = await answer.AnswerAsync(actor, id, token, verified, CancellationToken.None);
            context.Response.Redirect(done.Succeeded ? done.Value : await refusals.RefuseAsync(actor, id, done.Refusal!, verified, CancellationToken.None));
        }
        catch (Exception failed)
        {
            var number = CorrelationId.New();
            LogFailed(failed, id, number);
            context.Response.Redirect(await refusals.RefuseAsync(actor, id, Unexpected(number), null, CancellationToken.None));
        }
    }

    /// <inheritdoc/>
    public override async Task AccessDenied(AccessDeniedContext context)
    {
        context.HandleResponse();
        await RefuseAsync(context.HttpContext, context.Properties, new("ProviderDenied", "You stopped at the identity provider, or it did not let you through. Nothing was done and nothing you wrote is lost."));
    }

    /// <inheritdoc/>
    public override async Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        var properties = context.Properties ?? context.HttpContext.Items[Properties] as AuthenticationProperties;
        LogFailure(context.Failure?.GetType().Name ?? "unknown");
        var refusal = context.Failure switch
        {
            RefusedException refused => refused.Refusal,
            HttpRequestException or TaskCanceledException or IOException => Down,
            OpenIdConnectProtocolException error => new("ProviderRefused", $"The identity provider did not confirm you{Said(error)}. Nothing was done and nothing you wrote is lost; confirm again."),
            // The token endpoint is asked with the library's own exceptions for what is no protocol answer.
            InvalidOperationException { InnerException: HttpRequestException } => Down,
            _ => null,
        };
        if (refusal is not null) await RefuseAsync(context.HttpContext, properties, refusal);
        // Not the browser that left, or the same answer a second time: nothing is noted, and what was done stays done.
        else context.Response.Redirect(await refusals.ReturnAsync(await ActorAsync(context.HttpContext), Challenge(properties), CancellationToken.None));
    }

    /// <summary>The provider does not answer.</summary>
    public static Refusal Down { get; } = new("ProviderDown", "The identity provider does not answer. Nothing was done and nothing you wrote is lost; try again in a minute.");

    private async Task RefuseAsync(HttpContext context, AuthenticationProperties? properties, Refusal refusal) => context.Response.Redirect(
        Challenge(properties) is { } id ? await refusals.RefuseAsync(await ActorAsync(context), id, refusal, null, CancellationToken.None) : "/");

    // The callback is handled before the middleware has asked the cookie who is signed in.
    private static async Task<Actor?> ActorAsync(HttpContext context) => Actor.From((await context.AuthenticateAsync(Schemes.Cookie)).Principal);

    private static Refusal Unexpected(string number) =>
        new("Unexpected", $"Lapse hit an error. Nothing was done and nothing you wrote is lost. Try again; if it fails again, give an admin this number: {number}");

    // The error's code only (RFC 6749, section 4.1.2.1): a description could be anybody's text.
    private static string Said(OpenIdConnectProtocolException failure) =>
        failure.Data["error"] is string { Length: > 0 and <= 60 } error && error.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? $" ({error})" : "";

    private static StepUpChallengeId? Challenge(AuthenticationProperties? properties) =>
        UuidId.TryParse<StepUpChallengeId>(properties?.Items.TryGetValue(ChallengeItem, out var text) is true ? text : null, out var id) ? id : null;

    [LoggerMessage(Level = LogLevel.Error, Message = "Step-up {Challenge} failed unexpectedly; nothing was done. Correlation id {CorrelationId}.")]
    private partial void LogFailed(Exception failed, StepUpChallengeId challenge, string correlationId);

    [LoggerMessage(Level = LogLevel.Information, Message = "A step-up came back without a proof: {Kind}")]
    private partial void LogFailure(string kind);
}

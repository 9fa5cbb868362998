using Lapse.Domain;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Lapse.Portal.Authentication;

/// <summary>Signing in at the provider. What goes wrong ends on a page with words.</summary>
internal sealed partial class SignInEvents(TokenVerifier verifier, SignIn signIn, SignInLifetime lifetime, ProviderOptions provider, TimeProvider clock, ILogger<SignInEvents> log) : OpenIdConnectEvents
{
    /// <inheritdoc/>
    public override Task RedirectToIdentityProviderForSignOut(RedirectContext context)
    {
        // No token is kept that could be the hint, so the provider is told whose client asks (RP-Initiated Logout 1.0, section 2).
        context.ProtocolMessage.ClientId = provider.ClientId;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task TokenResponseReceived(TokenResponseReceivedContext context)
    {
        // In the code flow the handler itself would take an unsigned token.
        var verified = await verifier.VerifyAsync(context.TokenEndpointResponse.IdToken ?? "", context.HttpContext.RequestAborted);
        if (verified.Succeeded) context.HttpContext.Items[typeof(VerifiedToken)] = verified.Value;
        else context.Fail(new RefusedException(verified.Refusal!));
    }

    /// <inheritdoc/>
    public override async Task TicketReceived(TicketReceivedContext context)
    {
        var token = (VerifiedToken)context.HttpContext.Items[typeof(VerifiedToken)]!;
        var signedIn = await signIn.SignInAsync(token, context.HttpContext.RequestAborted);
        if (!signedIn.Succeeded)
        {
            var number = CorrelationId.New();
            LogRefused(signedIn.Refusal!.Code, number);
            context.Response.Redirect(DeniedAddress.Of(signedIn.Refusal.Code == "Disabled" ? "disabled" : "provider", number));
            context.HandleResponse();
            return;
        }
        context.Principal = signedIn.Value;
        context.ReturnUri = LocalAddress.Of(context.ReturnUri);
        var now = clock.GetUtcNow();
        context.Properties = new AuthenticationProperties { IssuedUtc = now, ExpiresUtc = now + lifetime.Value, AllowRefresh = false };
    }

    /// <inheritdoc/>
    public override Task AccessDenied(AccessDeniedContext context)
    {
        context.Response.Redirect("/denied?why=cancelled");
        context.HandleResponse();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task RemoteFailure(RemoteFailureContext context)
    {
        var number = CorrelationId.New();
        LogFailed(context.Failure is RefusedException refused ? refused.Refusal.Code : context.Failure?.GetType().Name ?? "unknown", number);
        context.Response.Redirect(DeniedAddress.Of(DatabaseTrouble.Is(context.Failure) ? "database" : "provider", number));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in was refused: {Code}. Correlation id {CorrelationId}.")]
    private partial void LogRefused(string code, string correlationId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in failed: {Code}. Correlation id {CorrelationId}.")]
    private partial void LogFailed(string code, string correlationId);
}

/// <summary>Carries a refusal through the handler of ASP.NET Core, which knows only exceptions.</summary>
internal sealed class RefusedException(Refusal refusal) : Exception(refusal.Code)
{
    public Refusal Refusal { get; } = refusal;
}

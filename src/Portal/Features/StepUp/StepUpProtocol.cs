using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Portal.Features.StepUp;

/// <summary>
/// Gives the OpenID Connect handler the challenge's nonce where it would make one of its own, so that its state, its cookie and its
/// checks are about the nonce that names the act. Without a challenge there is no nonce, and the handler stops.
/// </summary>
internal sealed class StepUpProtocol(IHttpContextAccessor http) : OpenIdConnectProtocolValidator
{
    private static readonly object Key = new();

    /// <summary>Says which nonce the request at hand is about to use.</summary>
    public static void Use(HttpContext context, string nonce) => context.Items[Key] = nonce;

    public override string GenerateNonce() =>
        http.HttpContext?.Items[Key] as string ?? throw new InvalidOperationException("A step-up goes to the provider only with a started challenge.");
}

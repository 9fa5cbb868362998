namespace Lapse.Domain.StepUp;

/// <summary>The provider's settings as the act of its self-test names them.</summary>
/// <param name="Digest">SHA-256 over everything that decides how a step-up is asked for and judged.</param>
/// <param name="Issuer">The issuer that tokens name.</param>
/// <param name="ClientId">Lapse at the provider.</param>
/// <param name="Profile">Which provider it is.</param>
/// <param name="Requirement">What proves the factor.</param>
public sealed record ProviderSettings(byte[] Digest, string Issuer, string ClientId, string Profile, StepUpRequirement Requirement);

namespace Lapse.Domain.StepUp;

/// <summary>What a step-up's token must show, besides freshness: any one of these values.</summary>
/// <param name="Acr">Values of <c>acr</c> that prove the factor (OpenID Connect Core 1.0, section 2).</param>
/// <param name="Amr">Sets of <c>amr</c> values (RFC 8176) of which one must be there whole, such as “mfa” or “pwd+otp”.</param>
public sealed record StepUpRequirement(IReadOnlyList<string> Acr, IReadOnlyList<string> Amr)
{
    /// <summary>Whether a token with these values satisfies it; a requirement that names nothing is satisfied by nothing.</summary>
    public bool IsSatisfiedBy(string? acr, IReadOnlyCollection<string> amr) =>
        (!string.IsNullOrEmpty(acr) && Acr.Contains(acr, StringComparer.Ordinal))
        || Amr.Any(set => set.Split('+').All(value => value.Length > 0 && amr.Contains(value, StringComparer.Ordinal)));
}

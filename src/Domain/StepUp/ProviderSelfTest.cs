namespace Lapse.Domain.StepUp;

/// <summary>
/// That an admin saw the provider prove freshness and the factor, with the settings as they were. Signed with the installation's
/// key; other settings need another test.
/// </summary>
public sealed class ProviderSelfTest
{
    /// <summary>SHA-256 over the settings that decide how a step-up is asked for and judged.</summary>
    public required byte[] SettingsDigest { get; init; }

    /// <summary>The admin who went through it.</summary>
    public required PersonId PersonId { get; init; }

    /// <summary>When it was passed.</summary>
    public required DateTimeOffset PassedAt { get; init; }

    /// <summary>ECDSA P-256 by the installation's key over the digest.</summary>
    public required byte[] Signature { get; init; }
}

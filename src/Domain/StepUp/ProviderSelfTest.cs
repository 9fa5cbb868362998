using System.Text;
using Lapse.Domain.Text;

namespace Lapse.Domain.StepUp;

/// <summary>
/// What an admin saw of the provider with the settings as they were: it passed the self-test, or it confirmed somebody who gave
/// no second factor. Signed with the installation's key. For the same settings the newest counts; other settings need another test.
/// </summary>
public sealed class ProviderSelfTest
{
    /// <summary>SHA-256 over the settings that decide how a step-up is asked for and judged.</summary>
    public required byte[] SettingsDigest { get; init; }

    /// <summary>The admin who went through it.</summary>
    public required PersonId PersonId { get; init; }

    /// <summary>When it was over; as exact as the database keeps it.</summary>
    public required DateTimeOffset TestedAt { get; init; }

    /// <summary>Whether the provider passed.</summary>
    public required bool Passed { get; init; }

    /// <summary>ECDSA P-256 by the installation's key over <see cref="Content"/>.</summary>
    public byte[] Signature { get; init; } = [];

    /// <summary>What is signed: settings, person, time and result.</summary>
    public byte[] Content() => [.. SettingsDigest, .. Encoding.UTF8.GetBytes($"{PersonId} {CanonicalTime.Text(TestedAt)} {(Passed ? "passed" : "failed")}")];
}

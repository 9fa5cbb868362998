namespace Lapse.Domain.Catalogue;

/// <summary>
/// Who vouches for a version of a catalogue entry or workflow, so that a row written behind Lapse's back is no evidence:
/// an operator's signature with the installation's key, or an admin's change with its step-up proofs.
/// </summary>
/// <param name="OperatorSignature">ECDSA P-256 over the version's digest by the installation's key, which is not in the database.</param>
/// <param name="ChangeId">The configuration change whose step-up proofs commit to the version's digest.</param>
public sealed record Attestation(byte[]? OperatorSignature, Guid? ChangeId)
{
    /// <summary>An operator on the machine vouches.</summary>
    public static Attestation ByOperator(byte[] signature) => new(signature, null);

    /// <summary>An admin vouches, by step-up.</summary>
    public static Attestation ByChange(ConfigurationChangeId change) => new(null, change.Value);
}

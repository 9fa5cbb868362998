using System.Security.Cryptography;
using Lapse.Domain;
using Microsoft.AspNetCore.DataProtection;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// Encrypts what is secret at rest under the key ring. What was sealed for one purpose opens for no other, so a row that was
/// moved or changed behind Lapse's back opens nothing.
/// </summary>
public sealed class Sealer(IDataProtectionProvider protection)
{
    /// <summary>Encrypts and authenticates.</summary>
    /// <param name="purpose">What it is for (<see cref="SealPurposes"/>).</param>
    /// <param name="bytes">The secret.</param>
    public byte[] Seal(string purpose, byte[] bytes) => protection.CreateProtector(purpose).Protect(bytes);

    /// <summary>Decrypts; <see langword="null"/> when it was not sealed by this installation for exactly this purpose.</summary>
    /// <param name="purpose">What it was sealed for.</param>
    /// <param name="sealedBytes">What <see cref="Seal"/> gave.</param>
    public byte[]? Open(string purpose, byte[] sealedBytes)
    {
        try
        {
            return protection.CreateProtector(purpose).Unprotect(sealedBytes);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}

/// <summary>The purposes for which Lapse seals.</summary>
public static class SealPurposes
{
    /// <summary>A cluster's credential, bound to everything else that the cluster's row says.</summary>
    /// <param name="settingsDigest"><see cref="Lapse.Domain.Catalogue.Cluster.SettingsDigest"/>.</param>
    public static string ClusterCredential(byte[] settingsDigest) => $"lapse/cluster-credential/v1/{Convert.ToHexStringLower(settingsDigest)}";

    /// <summary>A secret that waits in a configuration change, bound to what the change says.</summary>
    /// <param name="afterDigest">SHA-256 of the change's <see cref="Lapse.Domain.Catalogue.ConfigurationChange.After"/>.</param>
    public static string ChangeSecret(byte[] afterDigest) => $"lapse/change-secret/v1/{Convert.ToHexStringLower(afterDigest)}";

    /// <summary>The id_token of a step-up proof.</summary>
    public static string ProofToken(StepUpProofId proof) => $"lapse/proof-token/v1/{proof}";
}

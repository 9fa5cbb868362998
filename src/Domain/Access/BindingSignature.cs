using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lapse.Domain.Access;

/// <summary>
/// ECDSA over P-256 with SHA-256 (FIPS 186-5) over everything in a binding. The key lives outside the database, so that
/// <c>lapse reap</c>, which has only the public half, knows a binding that Lapse made from one that somebody wrote or changed.
/// </summary>
public static class BindingSignature
{
    /// <summary>The first field of what is signed; a new layout gets a new one.</summary>
    public const string Version = "lapse/binding/v1";

    private const string TextPrefix = "v1.";
    private const string P256 = "1.2.840.10045.3.1.7";
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The bytes that are signed: the version and each field as a netstring (<c>length:bytes,</c>), with the number of approvers
    /// before them, so that no two bindings have the same bytes.
    /// </summary>
    public static byte[] Payload(BindingSpec spec)
    {
        using var stream = new MemoryStream();
        Add(stream, Version);
        Add(stream, spec.GrantId.ToString());
        Add(stream, spec.RequestId.ToString());
        Add(stream, spec.Cluster);
        Add(stream, spec.Namespace ?? BindingKeys.ClusterWide);
        Add(stream, spec.Role.Kind.ToString());
        Add(stream, spec.Role.Name);
        Add(stream, spec.User);
        Add(stream, spec.Probe);
        Add(stream, spec.NotAfter.ToString(BindingSpec.TimeFormat, CultureInfo.InvariantCulture));
        Add(stream, spec.Approvers.Count.ToString(CultureInfo.InvariantCulture));
        foreach (var approver in spec.Approvers) Add(stream, approver);
        Add(stream, spec.Ticket);
        return stream.ToArray();
    }

    /// <summary>Signs a binding: <c>v1.</c> and the 64 bytes of r and s (IEEE P1363) in base64url.</summary>
    /// <exception cref="ArgumentException">The key is not on P-256.</exception>
    public static string Sign(BindingSpec spec, ECDsa key)
    {
        RequireP256(key);
        return TextPrefix + Base64Url.EncodeToString(key.SignData(Payload(spec), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>Whether the signature was made over exactly this binding by the private half of <paramref name="key"/>.</summary>
    /// <exception cref="ArgumentException">The key is not on P-256.</exception>
    public static bool Verify(BindingSpec spec, string? signature, ECDsa key)
    {
        RequireP256(key);
        if (signature is null || !signature.StartsWith(TextPrefix, StringComparison.Ordinal)) return false;
        Span<byte> bytes = stackalloc byte[64];
        if (signature.Length > TextPrefix.Length + 88 || !Base64Url.TryDecodeFromChars(signature.AsSpan(TextPrefix.Length), bytes, out var written) || written != 64) return false;
        return key.VerifyData(Payload(spec), bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static void RequireP256(ECDsa key)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        if (!curve.IsNamed || (curve.Oid.Value ?? Oid.FromFriendlyName(curve.Oid.FriendlyName!, OidGroup.PublicKeyAlgorithm).Value) != P256)
            throw new ArgumentException("Bindings are signed with a key on the curve P-256.", nameof(key));
    }

    private static void Add(MemoryStream stream, string field)
    {
        var bytes = StrictUtf8.GetBytes(field);
        stream.Write(Encoding.ASCII.GetBytes(bytes.Length.ToString(CultureInfo.InvariantCulture) + ":"));
        stream.Write(bytes);
        stream.WriteByte((byte)',');
    }
}

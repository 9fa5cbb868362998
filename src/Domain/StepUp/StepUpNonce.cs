using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;

namespace Lapse.Domain.StepUp;

/// <summary>
/// The OpenID Connect nonce that names an act without telling it: <c>ticks.base64url(SHA-256("lapse/step-up/v1" ‖ salt ‖ digest))</c>.
/// The ticks in front are what the OpenID Connect handler of ASP.NET Core wants to see; they carry no meaning.
/// </summary>
public static class StepUpNonce
{
    /// <summary>How long the salt is, in bytes.</summary>
    public const int SaltLength = 32;

    /// <summary>A salt for one challenge.</summary>
    public static byte[] NewSalt() => RandomNumberGenerator.GetBytes(SaltLength);

    /// <summary>The nonce for a salt and the digest of an act.</summary>
    /// <param name="salt">32 random bytes, unique to the challenge.</param>
    /// <param name="digest">SHA-256 of the act's canonical content.</param>
    /// <param name="created">When the challenge was made.</param>
    public static string Compute(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> digest, DateTimeOffset created)
    {
        if (salt.Length != SaltLength) throw new ArgumentException("The salt has 32 bytes.", nameof(salt));
        if (digest.Length != SHA256.HashSizeInBytes) throw new ArgumentException("The digest has 32 bytes.", nameof(digest));
        byte[] input = [.. "lapse/step-up/v1"u8, .. salt, .. digest];
        return created.UtcTicks.ToString(CultureInfo.InvariantCulture) + "." + Base64Url.EncodeToString(SHA256.HashData(input));
    }

    /// <summary>Compares two nonces without telling by time where they differ.</summary>
    public static bool Equal(string expected, string? actual) =>
        actual is not null && CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(expected), System.Text.Encoding.UTF8.GetBytes(actual));
}

using System.Security.Cryptography;
using System.Text;

namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>Compares secrets.</summary>
public static class Secrets
{
    /// <summary>Whether both are the same, in a time that does not tell how far they agree.</summary>
    public static bool Same(string expected, string? given) =>
        CryptographicOperations.FixedTimeEquals(Hash(expected), Hash(given ?? ""));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

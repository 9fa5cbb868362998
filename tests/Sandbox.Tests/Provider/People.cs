using System.Security.Cryptography;
using OtpNet;

namespace Lapse.Sandbox.Tests.Provider;

internal static class People
{
    /// <summary>Somebody whom no other test knows, with a second factor; the password is the user name.</summary>
    public static SandboxPerson Somebody(params string[] groups)
    {
        var name = "p" + RandomNumberGenerator.GetHexString(10, lowercase: true);
        return new SandboxPerson(
            name, $"Somebody {name}", $"{name}@lapse.example", Guid.NewGuid().ToString(), name,
            Base32Encoding.ToString(RandomNumberGenerator.GetBytes(20)), groups);
    }
}

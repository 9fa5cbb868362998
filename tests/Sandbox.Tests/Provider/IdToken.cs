using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>A token whose RS256 signature was checked with the provider's published keys.</summary>
public sealed record IdToken(JsonElement Claims)
{
    public static IdToken Read(string token, JsonElement keys)
    {
        var parts = token.Split('.');
        Assert.Equal(3, parts.Length);
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        Assert.Equal("RS256", header.GetProperty("alg").GetString());
        var key = keys.GetProperty("keys").EnumerateArray().Single(k => k.GetProperty("kid").GetString() == header.GetProperty("kid").GetString());
        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars(key.GetProperty("n").GetString()),
            Exponent = Base64Url.DecodeFromChars(key.GetProperty("e").GetString()),
        });
        Assert.True(rsa.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return new IdToken(JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement);
    }

    public string? Text(string claim) => Claims.GetProperty(claim).GetString();

    public long Number(string claim) => Claims.GetProperty(claim).GetInt64();

    /// <summary>The texts of a claim that has to be a JSON array, even of one.</summary>
    public IEnumerable<string?> Array(string claim)
    {
        var value = Claims.GetProperty(claim);
        Assert.Equal(JsonValueKind.Array, value.ValueKind);
        return value.EnumerateArray().Select(v => v.GetString());
    }

    public bool Has(string claim) => Claims.TryGetProperty(claim, out _);
}

using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.StepUp;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.StepUp;

public class StepUpNonceTests
{
    private static readonly byte[] Salt = [.. Enumerable.Range(0, 32).Select(n => (byte)n)];
    private static readonly byte[] Digest = [.. Enumerable.Range(100, 32).Select(n => (byte)n)];

    [Fact]
    public void Compute_AsTheDesignHasIt_TicksDotHash()
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes("lapse/step-up/v1"));
        bytes.AddRange(Salt);
        bytes.AddRange(Digest);
        var hash = Convert.ToBase64String(SHA256.HashData(bytes.ToArray())).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        Assert.Equal($"{Now.UtcDateTime.Ticks}.{hash}", StepUpNonce.Compute(Salt, Digest, Now));
    }

    [Fact]
    public void Compute_KnownValues_GivesTheKnownNonce() =>
        // printf 'lapse/step-up/v1' ‖ bytes 0…31 ‖ bytes 100…131 | sha256sum, base64url.
        Assert.Equal("pBrCyvi7CaA6YiTRLQZjIgtSYb_BCt02mgAuudsC2WM", StepUpNonce.Compute(Salt, Digest, Now).Split('.')[1]);

    [Fact]
    public void Compute_OtherZoneOfTheSameMoment_IsTheSame() =>
        Assert.Equal(StepUpNonce.Compute(Salt, Digest, Now), StepUpNonce.Compute(Salt, Digest, Now.ToOffset(TimeSpan.FromHours(2))));

    [Fact]
    public void Compute_AnyBitOfSaltOrDigest_ChangesIt()
    {
        var all = new HashSet<string> { StepUpNonce.Compute(Salt, Digest, Now) };
        for (var at = 0; at < 32; at++)
        {
            Assert.True(all.Add(StepUpNonce.Compute(Flip(Salt, at), Digest, Now)));
            Assert.True(all.Add(StepUpNonce.Compute(Salt, Flip(Digest, at), Now)));
        }
        Assert.True(all.Add(StepUpNonce.Compute(Digest, Salt, Now)));
    }

    [Theory]
    [InlineData(31, 32)]
    [InlineData(33, 32)]
    [InlineData(0, 32)]
    [InlineData(32, 31)]
    [InlineData(32, 33)]
    public void Compute_OtherLengths_Throws(int salt, int digest) =>
        Assert.Throws<ArgumentException>(() => StepUpNonce.Compute(new byte[salt], new byte[digest], Now));

    [Fact]
    public void NewSalt_TwoTimes_Has32BytesAndDiffers()
    {
        var salt = StepUpNonce.NewSalt();

        Assert.Equal(32, salt.Length);
        Assert.NotEqual(salt, StepUpNonce.NewSalt());
    }

    [Theory]
    [InlineData("1.abc", "1.abc", true)]
    [InlineData("1.abc", "1.abC", false)]
    [InlineData("1.abc", "1.abc ", false)]
    [InlineData("1.abc", "1.ab", false)]
    [InlineData("1.abc", "", false)]
    [InlineData("1.abc", null, false)]
    public void Equal_OnlyTheSameText(string expected, string? actual, bool equal) => Assert.Equal(equal, StepUpNonce.Equal(expected, actual));

    private static byte[] Flip(byte[] bytes, int at)
    {
        var copy = bytes.ToArray();
        copy[at] ^= 1;
        return copy;
    }
}

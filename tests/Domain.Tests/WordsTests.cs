using Lapse.Domain.Text;
using Xunit;

namespace Lapse.Domain.Tests;

public class WordsTests
{
    [Theory]
    [InlineData(0, "0 seconds")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "1 minute")]
    [InlineData(119, "1 minute")]
    [InlineData(5400, "1 hour 30 minutes")]
    [InlineData(86_400, "1 day")]
    [InlineData(2 * 86_400 + 3660, "2 days 1 hour 1 minute")]
    public void Duration_Seconds_InWords(int seconds, string words) => Assert.Equal(words, Words.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 approvals")]
    [InlineData(1, "1 approval")]
    [InlineData(1_000, "1,000 approvals")]
    public void Count_Number_WithItsNoun(int number, string words) => Assert.Equal(words, Words.Count(number, "approval"));

    [Fact]
    public void CanonicalTime_AnyZone_IsUtcCutToTheMicrosecond()
    {
        var time = new DateTimeOffset(2026, 1, 1, 0, 30, 0, TimeSpan.FromHours(2)).AddTicks(19);

        Assert.Equal("2025-12-31T22:30:00.000001Z", CanonicalTime.Text(time));
        Assert.Equal(time.AddTicks(-9), CanonicalTime.Cut(time));
        Assert.Equal(TimeSpan.Zero, CanonicalTime.Cut(time).Offset);
        Assert.Equal(CanonicalTime.Text(time), CanonicalTime.Text(CanonicalTime.Cut(time)));
    }

    [Fact]
    public void PlainText_EveryControlCode_IsNoLineAndOnlyBreaksAndTabsAreText()
    {
        for (var code = 0; code < 0x100; code++)
        {
            var text = $"a{(char)code}b";
            Assert.Equal(!char.IsControl((char)code), PlainText.IsLine(text));
            Assert.Equal(!char.IsControl((char)code) || code is 9 or 10 or 13, PlainText.IsText(text));
        }
        Assert.True(PlainText.IsLine(""));
    }
}

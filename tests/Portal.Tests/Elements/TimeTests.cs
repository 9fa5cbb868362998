using Bunit;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Tests.Elements;

public sealed class TimeTests : PortalTestContext
{
    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-44, "just now")]
    [InlineData(30, "in a moment")]
    [InlineData(-46, "1 minute ago")]
    [InlineData(-12 * 60, "12 minutes ago")]
    [InlineData(90 * 60, "in 2 hours")]
    [InlineData(-3600, "1 hour ago")]
    [InlineData(-18 * 3600, "18 hours ago")]
    [InlineData(-23 * 3600, "yesterday")]
    [InlineData(23 * 3600, "tomorrow")]
    [InlineData(-3 * 86400, "3 days ago")]
    [InlineData(-7 * 86400, "17 Nov 2026")]
    public void Relative_DistanceFromNow_IsSaidAsPeopleDo(int seconds, string words) =>
        Assert.Equal(words, TimeWords.Relative(Start.AddSeconds(seconds), Start, ViewerTime.Zone));

    [Fact]
    public void Exact_InBerlin_HasTheViewersZone() =>
        Assert.Equal("Tue 24 Nov 2026, 20:46:00 (Europe/Berlin, UTC+01:00)", TimeWords.Exact(Start, ViewerTime.Zone));

    [Theory]
    [InlineData("Not/AZone")]
    [InlineData("")]
    [InlineData(null)]
    public void UseZone_UnknownName_StaysAtUtc(string? name)
    {
        ViewerTime.UseZone(name);

        Assert.Equal("Tue 24 Nov 2026, 19:46:00 (UTC)", TimeWords.Exact(Start, ViewerTime.Zone));
    }

    [Fact]
    public void RelativeTime_AMinutePasses_FollowsTheClock()
    {
        var time = Render<RelativeTime>(p => p.Add(c => c.At, Start.AddMinutes(-5))).Find("time");
        Assert.Equal("5 minutes ago", time.TextContent);
        Assert.Equal("2026-11-24T19:41:00.000Z", time.GetAttribute("datetime"));
        Assert.Equal("Tue 24 Nov 2026, 20:41:00 (Europe/Berlin, UTC+01:00)", time.GetAttribute("data-exact"));
        Assert.Equal("0", time.GetAttribute("tabindex"));
    }

    [Fact]
    public void RelativeTime_SecondsPass_IsDrawnAgainOnlyWhenItsWordsChange()
    {
        var shown = Render<RelativeTime>(p => p.Add(c => c.At, Start.AddMinutes(-5)));

        Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1, shown.RenderCount);

        Advance(TimeSpan.FromMinutes(2));
        shown.WaitForAssertion(() => Assert.Equal("7 minutes ago", shown.Find("time").TextContent));
    }

    [Fact]
    public void Countdown_SecondsPass_TicksTurnsAmberAndEndsOnce()
    {
        var ended = 0;
        var shown = Render<Countdown>(p => p
            .Add(c => c.Until, Start.AddSeconds(302))
            .Add(c => c.Label, "Time left of edit")
            .Add(c => c.OnEnded, () => ended++));
        var timer = shown.Find("[role=timer]");
        Assert.Equal("05:02", timer.TextContent);
        Assert.Equal("off", timer.GetAttribute("aria-live"));
        Assert.Equal("Time left of edit", timer.GetAttribute("aria-label"));
        Assert.DoesNotContain("is-soon", timer.ClassName, StringComparison.Ordinal);

        Advance(TimeSpan.FromSeconds(3));
        shown.WaitForAssertion(() => Assert.Equal("04:59", shown.Find("[role=timer]").TextContent));
        Assert.Contains("is-soon", shown.Find("[role=timer]").ClassName, StringComparison.Ordinal);

        Advance(TimeSpan.FromSeconds(298));
        shown.WaitForAssertion(() => Assert.Equal("00:01", shown.Find("[role=timer]").TextContent));
        Assert.Equal(0, ended);

        Advance(TimeSpan.FromSeconds(5));
        shown.WaitForAssertion(() => Assert.Equal("ended", shown.Find("[role=timer]").TextContent));
        shown.WaitForAssertion(() => Assert.Equal(1, ended));
    }

    [Theory]
    [InlineData(0.2, "00:01")]
    [InlineData(59, "00:59")]
    [InlineData(3753, "1:02:33")]
    [InlineData(93784, "1 d 2:03:04")]
    public void CountdownFormat_Seconds_AreRoundedUp(double seconds, string text) =>
        Assert.Equal(text, Countdown.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public async Task EverySecond_LastSubscriberGone_StopsTheTimer()
    {
        Render<Countdown>(p => p.Add(c => c.Until, Start.AddHours(1)));
        Render<RelativeTime>(p => p.Add(c => c.At, Start));
        Assert.Equal(1, Clock.Running);

        await DisposeComponentsAsync();

        Assert.Equal(0, Clock.Running);
    }
}

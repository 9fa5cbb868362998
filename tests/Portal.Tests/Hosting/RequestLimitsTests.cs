using System.Net;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Pages;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Http;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>Whose requests are counted together, and what is said beyond the limit.</summary>
public sealed class RequestLimitsTests : PortalTestContext
{
    [Theory]
    [InlineData("203.0.113.1", "::ffff:203.0.113.1", true)]
    [InlineData("203.0.113.1", "203.0.113.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void Sender_TwoAddresses_AreOneOrTwo(string one, string other, bool same) =>
        Assert.Equal(same, RequestLimits.Sender(IPAddress.Parse(one)) == RequestLimits.Sender(IPAddress.Parse(other)));

    [Theory]
    [InlineData(0, "1 second")]
    [InlineData(0.4, "1 second")]
    [InlineData(59.2, "60 seconds")]
    [InlineData(91, "2 minutes")]
    [InlineData(300, "5 minutes")]
    public void Wait_SaysHowLong_RoundedUp(double seconds, string said) => Assert.Equal(said, TimeWords.Wait(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Page_SaysWhenToTryAgain()
    {
        var context = new DefaultHttpContext();
        context.Response.Headers.RetryAfter = "240";

        Assert.Contains("Try again in 4 minutes.", Render<TooManyPage>(p => p.AddCascadingValue<HttpContext>(context)).Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(100_001, false)]
    public void Errors_LimitOutOfRange_IsNamed(int value, bool fine) =>
        Assert.Equal(fine, !new LimitOptions { DraftsPerPerson = value }.Errors().Any(e => e.StartsWith("Lapse:Limits:DraftsPerPerson", StringComparison.Ordinal)));
}

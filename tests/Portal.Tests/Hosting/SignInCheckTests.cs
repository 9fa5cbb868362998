using Lapse.Portal.Hosting;
using Microsoft.Extensions.Configuration;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>How long an open page may go on after its person was shut out: never more than a minute.</summary>
public sealed class SignInCheckTests
{
    [Theory]
    [InlineData("00:00:00", false)]
    [InlineData("00:00:00.9", false)]
    [InlineData("00:00:01", true)]
    [InlineData("00:01:00", true)]
    [InlineData("00:01:00.1", false)]
    [InlineData("01:00:00", false)]
    [InlineData("-00:00:30", false)]
    [InlineData("1", false)]
    public void FindErrors_Interval_IsTakenUpToAMinute(string value, bool fine)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Lapse:SignInCheck", value)]).Build();

        Assert.Equal(fine, !StartChecks.FindErrors(configuration).Any(error => error.Contains("Lapse:SignInCheck", StringComparison.Ordinal)));
    }

    [Fact]
    public void Default_IsAtMostAMinute() => Assert.InRange(new PortalOptions().SignInCheck, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
}

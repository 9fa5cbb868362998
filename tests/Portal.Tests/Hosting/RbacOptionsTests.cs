using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Hosting;
using Microsoft.Extensions.Configuration;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>Settings of the audit that would let it look away refuse the start, each in words.</summary>
public sealed class RbacOptionsTests
{
    [Theory]
    [InlineData("LookInterval", "00:00:09", false)]
    [InlineData("LookInterval", "00:00:10", true)]
    [InlineData("LookInterval", "1.00:00:00", true)]
    [InlineData("LookInterval", "1.00:00:01", false)]
    [InlineData("LookInterval", "-00:05:00", false)]
    [InlineData("WorkloadsInterval", "00:00:00", false)]
    [InlineData("WorkloadsInterval", "08:00:00", true)]
    [InlineData("Pause", "00:00:00", false)]
    [InlineData("Pause", "01:00:01", false)]
    [InlineData("Pause", "00:00:30", true)]
    [InlineData("PageSize", "0", false)]
    [InlineData("PageSize", "5001", false)]
    [InlineData("PageSize", "50", true)]
    [InlineData("MostObjects", "0", false)]
    [InlineData("KeepSnapshots", "00:30:00", false)]
    [InlineData("KeepSnapshots", "30.00:00:00", true)]
    [InlineData("CleanUpInterval", "00:00:01", false)]
    [InlineData("LongestAcceptance", "00:00:00", false)]
    [InlineData("LongestAcceptance", "90.00:00:00", true)]
    [InlineData("ManyRoles", "1", false)]
    [InlineData("ManySubjects", "-5", false)]
    [InlineData("UnusedAfterDays", "0", false)]
    [InlineData("UnusedAfterDays", "a month", false)]
    [InlineData("PrivilegedNamespaces:0", "kube-system", true)]
    [InlineData("PrivilegedNamespaces:0", "Kube-System", false)]
    [InlineData("PrivilegedNamespaces:0", "kube-system, argocd", false)]
    [InlineData("PrivilegedNamespaces:0", "", false)]
    public void FindErrors_EachSetting_IsTakenOrRefusedByItsName(string setting, string value, bool fine)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"{RbacOptions.Section}:{setting}", value)]).Build();

        Assert.Equal(fine, !StartChecks.FindErrors(configuration).Any(error => error.Contains($"{RbacOptions.Section}:{setting.Split(':')[0]}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Errors_Defaults_AreRight() => Assert.Empty(new RbacOptions().Errors());
}

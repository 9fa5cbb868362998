using Lapse.Domain.Catalogue;
using Xunit;

namespace Lapse.Domain.Tests.Catalogue;

public class ClusterGroupsTests
{
    [Fact]
    public void From_OrdinaryGroups_ArePrefixedOnceEach() =>
        Assert.Equal(["oidc:developers", "oidc:sre"], ClusterGroups.From("oidc:", ["developers", "sre", "developers"]));

    [Theory]
    [InlineData("", "system:masters")]
    [InlineData("", "SYSTEM:masters")]
    [InlineData("sys", "tem:masters")]
    [InlineData("", "lapse:probe:1")]
    [InlineData("oidc:", "")]
    public void From_GroupThatNoTokenMayGive_IsDropped(string prefix, string group) =>
        Assert.Equal([prefix + "developers"], ClusterGroups.From(prefix, [group, "developers"]));

    [Fact]
    public void From_ReservedWordBehindAPrefix_IsAnOrdinaryGroup() => Assert.Equal(["oidc:system:masters"], ClusterGroups.From("oidc:", ["system:masters"]));
}

using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

public class ExtensionRulesTests
{
    private static readonly AccessRequest Earlier = RequestIn(RequestStatus.Approved);

    [Fact]
    public void CheckEarlier_ActiveAndOwn_Passes() => Assert.Null(ExtensionRules.CheckEarlier(Earlier, [GrantIn(GrantStatus.Active)], Alice));

    [Fact]
    public void CheckEarlier_SomebodyElses_IsRefusedAsIfItWereNotThere() =>
        Assert.Equal(new("RequestUnknown", "There is no such request, or it is not yours to see.", "/requests"), ExtensionRules.CheckEarlier(Earlier, [GrantIn(GrantStatus.Active)], Bob));

    public static TheoryData<GrantStatus> Statuses => [.. Enum.GetValues<GrantStatus>()];

    [Theory]
    [MemberData(nameof(Statuses))]
    public void CheckEarlier_OneGrant_MustBeActive(GrantStatus status) =>
        Assert.Equal(status == GrantStatus.Active ? null : "ExtensionOfNothing", ExtensionRules.CheckEarlier(Earlier, [GrantIn(status)], Alice)?.Code);

    [Theory]
    [MemberData(nameof(Statuses))]
    public void CheckEarlier_OneActiveAmongOthers_IsEnough(GrantStatus other) =>
        Assert.Null(ExtensionRules.CheckEarlier(Earlier, [GrantIn(other), GrantIn(GrantStatus.Active)], Alice));

    [Fact]
    public void CheckEarlier_RequestInAnyOtherState_IsNothingToExtend()
    {
        foreach (var status in Enum.GetValues<RequestStatus>().Where(s => s != RequestStatus.Approved))
            Assert.Equal("ExtensionOfNothing", ExtensionRules.CheckEarlier(RequestIn(status), [GrantIn(GrantStatus.Active)], Alice)?.Code);
        Assert.Equal("ExtensionOfNothing", ExtensionRules.CheckEarlier(Earlier, [], Alice)?.Code);
    }

    [Theory]
    [InlineData(EndReason.Expired, true)]
    [InlineData(EndReason.Superseded, true)]
    [InlineData(EndReason.Dropped, false)]
    [InlineData(EndReason.Revoked, false)]
    [InlineData(EndReason.RemovedOutsideLapse, false)]
    [InlineData(EndReason.Altered, false)]
    public void CheckEnds_EachReason_WhetherEndingOrOver(EndReason reason, bool passes)
    {
        var ending = GrantIn(GrantStatus.Active);
        ending.End(reason, null, Now);
        Assert.Equal(passes, ExtensionRules.CheckEnds([GrantIn(GrantStatus.Active), ending]) is null);
        Assert.Equal(passes, ExtensionRules.CheckEarlier(Earlier, [GrantIn(GrantStatus.Active), ending], Alice) is null);

        ending.ProvedGone(Now);

        Assert.Equal(passes, ExtensionRules.CheckEnds([ending]) is null);
        Assert.Equal(!passes, ExtensionRules.OnPurpose.Contains(reason));
    }

    [Fact]
    public void CheckEnds_NothingEnded_Passes() => Assert.Null(ExtensionRules.CheckEnds([GrantIn(GrantStatus.Active), GrantIn(GrantStatus.Failed), Scheduled()]));

    [Fact]
    public void CheckContent_TheSameAgainInAnyOrder_Passes()
    {
        Assert.Null(Content(Entry()));
        // A later version of the entry governs, and may offer more.
        Assert.Null(Content(Entry(version: 2, namespaces: ["web-prod", "dev", "payments-prod"])));
        Assert.Null(Content(Entry(), ["web-prod", "payments-prod"]));
    }

    public static TheoryData<string> Differences => ["another entry", "another cluster", "another role", "another kind", "a namespace fewer", "a namespace more", "the whole cluster", "a namespace that is not offered any more"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void CheckContent_AnythingElse_IsRefused(string what)
    {
        var (entry, namespaces) = what switch
        {
            "another entry" => (Entry(id: UuidId.New<ElevatedRoleId>(Now)), Earlier.Namespaces),
            "another cluster" => (Entry(cluster: UuidId.New<ClusterId>(Now)), Earlier.Namespaces),
            "another role" => (Entry(role: "admin"), Earlier.Namespaces),
            "another kind" => (Entry(kind: RoleKind.Role), Earlier.Namespaces),
            "a namespace fewer" => (Entry(), ["web-prod"]),
            "a namespace more" => (Entry(namespaces: ["payments-prod", "web-prod", "dev"]), ["payments-prod", "web-prod", "dev"]),
            "the whole cluster" => (Entry(namespaces: []), []),
            _ => (Entry(namespaces: ["web-prod"]), Earlier.Namespaces),
        };
        Assert.Equal("ExtensionDiffers", Content(entry, namespaces)?.Code);
    }

    [Fact]
    public void CheckContent_LaterStart_IsRefused() => Assert.Equal("StartOfExtension", Content(Entry(), start: Now.AddMinutes(10))?.Code);

    [Fact]
    public void CheckContent_ClusterWide_IsTheWholeClusterAgain()
    {
        var workflow = WorkflowOf();
        var wide = Draft(workflow, entry: Entry(namespaces: []));
        wide.Submit(workflow, Proof(), Now);

        Assert.Null(ExtensionRules.CheckContent(wide, Entry(namespaces: []), [], null));
        Assert.Equal("ExtensionDiffers", ExtensionRules.CheckContent(wide, Entry(), [], null)?.Code);
    }

    private static Refusal? Content(ElevatedRoleVersion entry, string[]? namespaces = null, DateTimeOffset? start = null) =>
        ExtensionRules.CheckContent(Earlier, entry, namespaces ?? Earlier.Namespaces, start);
}

using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

public class AccessRequestDraftTests
{
    [Fact]
    public void Draft_TypedContent_IsTrimmedAndPinnedToItsVersions()
    {
        var entry = Entry(version: 3, namespaces: ["b", "a"]);
        var request = AccessRequest.Draft(new(TimeSpan.FromMinutes(10), Now.AddHours(1), "  why \n", " T-1 "), entry, WorkflowWith(version: 4), Rules, Alice, "oidc:alice", Now);

        Assert.Equal((RequestStatus.Draft, 1, "why", "T-1"), (request.Status, request.Version, request.Reason, request.Ticket));
        Assert.Equal((3, 4, RoleKind.ClusterRole, "edit"), (request.ElevatedRoleVersion, request.WorkflowVersion, request.RoleKind, request.RoleName));
        Assert.Equal(["a", "b"], request.Namespaces);
        Assert.Equal((TimeSpan.FromMinutes(10), Now.AddHours(1)), (request.Duration, request.WantedStart!.Value));
        Assert.Equal((Rules.ToCanonicalJson(), Rules.Digest()), (request.PinnedRules, request.AskedRulesDigest));
        Assert.Equal(Now.AddHours(24), request.ExpiresAt);
        Assert.Null(request.OpenKey);
        Assert.False(request.IsClusterWide);
    }

    [Fact]
    public void Draft_SomeNamespacesChosen_AsksForTheseOnly() =>
        Assert.Equal(["web-prod"], Draft(content: Content with { Namespaces = ["web-prod"] }).Namespaces);

    [Fact]
    public void KeyOf_SamePersonClusterRoleAndNamespaces_IsTheSameInAnyOrder() =>
        Assert.Equal(Key(["a", "b"]), Key(["b", "a"]));

    [Fact]
    public void KeyOf_AnyDifference_IsAnother()
    {
        string[] keys =
        [
            Key(["a", "b"]), Key(["a"]), Key([]), Key(["ab"]),
            OpenKeys.Of(Bob, TheCluster, new(RoleKind.ClusterRole, "edit"), ["a", "b"]),
            OpenKeys.Of(Alice, UuidId.New<ClusterId>(Now), new(RoleKind.ClusterRole, "edit"), ["a", "b"]),
            OpenKeys.Of(Alice, TheCluster, new(RoleKind.Role, "edit"), ["a", "b"]),
            OpenKeys.Of(Alice, TheCluster, new(RoleKind.ClusterRole, "admin"), ["a", "b"]),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void KeyOf_FiftyLongestNames_FitsIntoAnIndex() =>
        Assert.Equal(64, Key(Enumerable.Range(10, 50).Select(n => new string('x', 61) + n)).Length);

    [Fact]
    public void OpenKey_ThroughALife_IsThereFromSubmissionToClose()
    {
        var request = Awaiting();
        Assert.Equal(OpenKeys.Of(Alice, TheCluster, request.Role, request.Namespaces), request.OpenKey);

        request.Close();
        Assert.Null(request.OpenKey);
    }

    private static string Key(IEnumerable<string> namespaces) => OpenKeys.Of(Alice, TheCluster, new(RoleKind.ClusterRole, "edit"), namespaces);
}

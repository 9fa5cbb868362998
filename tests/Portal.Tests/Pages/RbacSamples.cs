using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;

namespace Lapse.Portal.Tests.Pages;

/// <summary>Views of the audit as its queries would give them.</summary>
internal static class RbacSamples
{
    public static readonly ClusterId Cluster = UuidId.New<ClusterId>(Samples.Now);

    public static RbacHead Head(int snapshot = 7, string name = "sandbox") => new(
        Cluster, name, "Sandbox", ClusterEnvironment.Production, snapshot == 0 ? null : Samples.Now, "", snapshot, snapshot == 0 ? null : Samples.Now.AddHours(-1), [], [],
        new(1, 2, 0, 0, 0), new(0, 0, 3, 0, 0));

    public static FindingRow Row(char digit = 'a', Severity severity = Severity.Critical) => new(
        new string(digit, 32), "LR001", "Administrator of the cluster", severity, Subject.OfAccount("ci", "deployer"), "ClusterRole cluster-admin", "ClusterRoleBinding ci", "",
        "rule 1 of ClusterRole cluster-admin lets <b>it</b> do everything", "Delete ClusterRoleBinding ci.", Samples.Now.AddDays(-20), Samples.Now.AddDays(-2), null, null, null, null, true);

    public static RbacFindingsView Findings(params FindingRow[] rows) => new(Head(), new(rows.Length, 0, 0, 0, 0), rows, null, [new("LR001", "Administrator of the cluster", 1)], ["shop"], true);

    public static SnapshotRow Snapshot(int number, DateTimeOffset at, FindingCounts counts) => new(number, at, 1, 0, 2, new Dictionary<string, int> { ["Role"] = 4 }, counts, 1, []);
}

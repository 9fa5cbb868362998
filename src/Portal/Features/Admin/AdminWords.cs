using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;

namespace Lapse.Portal.Features.Admin;

/// <summary>What somebody who changes the catalogue has to know before they do: they cannot use it themselves at once.</summary>
/// <remarks>The rule is <see cref="Domain.Access.RequestRules.CheckAuthor"/>.</remarks>
internal static class AuthorWords
{
    /// <summary>Of a new or changed entry.</summary>
    public const string UnderEntry = "For 24 hours after it comes into force you can neither ask nor approve under it, since the change is yours.";

    /// <summary>Of a new or changed workflow.</summary>
    public const string UnderWorkflow = "For 24 hours after it comes into force you can neither ask nor approve under the entries that it governs, since the change is yours.";
}

/// <summary>Says what a workflow demands.</summary>
internal static class WorkflowWords
{
    /// <summary>Such as “1 of developers (Peers), then 2 of sre or leads (Security)”.</summary>
    public static string Approvers(IReadOnlyList<ApprovalStage> stages) => stages.Count == 0
        ? "nobody: the workflow itself approves after the requester's step-up"
        : string.Join(", then ", stages.Select(s => $"{s.Approvals} of {string.Join(" or ", s.ApproverGroups)} ({s.Name})"));
}

/// <summary>Says how a cluster is reached and what it calls people.</summary>
internal static class ClusterWords
{
    /// <summary>The kind of credential; the credential itself is never shown.</summary>
    public static string Credential(CredentialKind kind) => kind switch
    {
        CredentialKind.InCluster => "ServiceAccount of the pod that Lapse runs in",
        CredentialKind.Token => "ServiceAccount token",
        CredentialKind.ClientCertificate => "client certificate",
    };

    /// <summary>How the cluster's reaper is.</summary>
    public static string Reaper(ClusterHealth health) => health.Reaper switch
    {
        ReaperState.None => "none that leaves a sign: while Lapse is away, nothing ends access there",
        ReaperState.Working => health.ReaperRanAt is null ? "installed, has not run yet" : "runs",
        ReaperState.Silent => health.ReaperRanAt is null ? "has never run" : "does not run",
        ReaperState.Failing => $"leaves something: {health.ReaperMessage}",
    };

    /// <summary>Such as “preferred_username alice is oidc:alice there”.</summary>
    public static string Mapping(string claim, string prefix) => $"{claim} alice is {prefix}alice there";

    /// <summary>Such as “developers of groups is oidc:developers there”.</summary>
    public static string Groups(string claim, string prefix) => claim.Length == 0 ? "it sees no groups" : $"developers of {claim} is {prefix}developers there";

    /// <summary>The line that prints what Lapse must be allowed to do there.</summary>
    public static string RightsCommand(string name) => $"./lapse cluster-rights {name}";
}

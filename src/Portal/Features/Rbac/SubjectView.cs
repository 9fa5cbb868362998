using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Asks what somebody can do.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Kind"><c>user</c>, <c>group</c> or <c>serviceaccount</c>.</param>
/// <param name="Name">The name; of a ServiceAccount <c>NAMESPACE/NAME</c>.</param>
public sealed record RbacSubjectAsk(string Cluster, string Kind, string Name);

/// <summary>Everything that RBAC gives to somebody.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Subject">Who.</param>
/// <param name="Groups">The groups that the API server puts them in by itself.</param>
/// <param name="IsThere">Of a ServiceAccount whether it exists; <see langword="null"/> where that is not known, as of people.</param>
/// <param name="Workloads">What runs as it, at most <see cref="MostWorkloads"/>.</param>
/// <param name="TotalWorkloads">How many there are.</param>
/// <param name="Rights">What they have, each by one binding, at most <see cref="MostRights"/>; their own before what comes by a group.</param>
/// <param name="TotalRights">How many there are.</param>
/// <param name="Findings">What the audit holds against them, accepted ones among them.</param>
/// <param name="Paths">How they become administrator of the cluster, the shortest first; empty if they cannot.</param>
/// <param name="NotComplete">What could not be read, so that there may be more.</param>
/// <param name="MayChange">Whether whoever looks may turn a binding into just-in-time access.</param>
public sealed record RbacSubjectView(
    RbacHead Head, Subject Subject, IReadOnlyList<string> Groups, bool? IsThere, IReadOnlyList<string> Workloads, int TotalWorkloads,
    IReadOnlyList<SubjectRight> Rights, int TotalRights, IReadOnlyList<FindingRow> Findings, IReadOnlyList<AttackPath> Paths, IReadOnlyList<string> NotComplete, bool MayChange = false)
{
    /// <summary>The most rights that are listed.</summary>
    public const int MostRights = 100;

    /// <summary>The most workloads that are listed.</summary>
    public const int MostWorkloads = 10;
}

/// <summary>What somebody has by one binding.</summary>
/// <param name="Binding">The binding.</param>
/// <param name="Role">The role.</param>
/// <param name="Where">The namespace; empty for the whole cluster.</param>
/// <param name="Through">The group by which it applies; <see langword="null"/> if it names them.</param>
/// <param name="RoleIsThere">Whether the role exists.</param>
/// <param name="Abilities">What the role lets them do there, in words.</param>
/// <param name="Rules">The rules as the cluster has them, a line each.</param>
/// <param name="Since">When Lapse first saw the binding as it is.</param>
/// <param name="IsFromTheBeginning">Whether the first snapshot has it already, so that it may be older.</param>
/// <param name="MadeAt">When the API server says that the binding was made.</param>
/// <param name="IsKubernetes">Whether Kubernetes itself brings the binding.</param>
public sealed record SubjectRight(
    string Binding, string Role, string Where, Subject? Through, bool RoleIsThere, IReadOnlyList<RoleAbility> Abilities, IReadOnlyList<string> Rules,
    DateTimeOffset? Since, bool IsFromTheBeginning, DateTimeOffset? MadeAt, bool IsKubernetes);

using System.Text.Json.Serialization;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;

namespace Lapse.Portal.Features.Configuration;

/// <summary>What an operator gives to <c>lapse apply --file</c>: clusters, workflows and catalogue entries, by name.</summary>
public sealed record AppliedConfiguration(
    IReadOnlyList<AppliedWorkflow>? Workflows,
    IReadOnlyList<AppliedCluster>? Clusters,
    IReadOnlyList<AppliedEntry>? Entries,
    IReadOnlyList<AppliedRole>? Roles);

/// <summary>A workflow.</summary>
/// <param name="Name">Short and unique.</param>
/// <param name="Title">For people.</param>
/// <param name="Requesters">Groups that may ask.</param>
/// <param name="Stages">Rounds of approval; none means that the workflow itself approves.</param>
/// <param name="TimeToLive">ISO 8601, such as <c>PT8H</c>.</param>
/// <param name="ProvisionWithin">ISO 8601; 15 minutes if absent.</param>
public sealed record AppliedWorkflow(string Name, string Title, IReadOnlyList<string> Requesters, IReadOnlyList<AppliedStage> Stages, string TimeToLive, string? ProvisionWithin = null);

/// <summary>A round of approval.</summary>
public sealed record AppliedStage(string Name, IReadOnlyList<string> Approvers, int Approvals);

/// <summary>A cluster.</summary>
/// <param name="Name">Short and unique; never changes.</param>
/// <param name="Title">For people.</param>
/// <param name="Environment">production, staging or development.</param>
/// <param name="Server">The API server's https address.</param>
/// <param name="Ca">Its certificate authority, PEM.</param>
/// <param name="Token">A ServiceAccount's token; <see langword="null"/> keeps the credential that is there.</param>
/// <param name="UserNameClaim">The claim that the cluster knows a person by.</param>
/// <param name="UserNamePrefix">What the cluster puts before it.</param>
/// <param name="GroupsClaim">The claim that the cluster reads groups from; empty if it sees none.</param>
/// <param name="GroupsPrefix">What the cluster puts before each group.</param>
public sealed record AppliedCluster(
    string Name, string Title, ClusterEnvironment Environment, string Server, string Ca, string? Token, string UserNameClaim, string UserNamePrefix,
    string GroupsClaim = ClusterGroups.DefaultClaim, string GroupsPrefix = "");

/// <summary>A catalogue entry.</summary>
/// <param name="Name">Short and unique.</param>
/// <param name="Title">For people.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="Environment">production, staging or development.</param>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">Where; empty means cluster-wide.</param>
/// <param name="Maximum">ISO 8601.</param>
/// <param name="Default">ISO 8601.</param>
/// <param name="Workflow">The workflow's name.</param>
/// <param name="ConfirmAfterStepUp">Whether one last click is wanted; cluster-wide entries want it unless this says otherwise.</param>
public sealed record AppliedEntry(
    string Name, string Title, string? Description, string Cluster, ClusterEnvironment Environment, RoleReference Role,
    IReadOnlyList<string> Namespaces, string Maximum, string Default, string Workflow, bool? ConfirmAfterStepUp = null);

/// <summary>The rules of a role as they are known before its cluster has answered for the first time.</summary>
public sealed record AppliedRole(string Cluster, RoleKind Kind, string Name, IReadOnlyList<AppliedRule> Rules, string? Namespace = null);

/// <summary>A rule as Kubernetes writes it (rbac.authorization.k8s.io/v1, PolicyRule).</summary>
public sealed record AppliedRule(
    IReadOnlyList<string>? Verbs, IReadOnlyList<string>? ApiGroups, IReadOnlyList<string>? Resources, IReadOnlyList<string>? ResourceNames,
    [property: JsonPropertyName("nonResourceURLs")] IReadOnlyList<string>? NonResourceUrls)
{
    /// <summary>The rule in the domain.</summary>
    public PolicyRule ToRule() => new()
    {
        Verbs = [.. Verbs ?? []],
        ApiGroups = [.. ApiGroups ?? []],
        Resources = [.. Resources ?? []],
        ResourceNames = [.. ResourceNames ?? []],
        NonResourceUrls = [.. NonResourceUrls ?? []],
    };
}

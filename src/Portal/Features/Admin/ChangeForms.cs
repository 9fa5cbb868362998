using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;

namespace Lapse.Portal.Features.Admin;

/// <summary>What an admin types about a catalogue entry.</summary>
/// <param name="Id">The entry; <see langword="null"/> for a new one.</param>
/// <param name="BaseVersion">The version that the form was filled from; 0 for a new one.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="ClusterId">Where.</param>
/// <param name="Environment">How much hangs on the place.</param>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">The namespaces; empty means cluster-wide.</param>
/// <param name="Maximum">The longest duration.</param>
/// <param name="Default">The usual duration.</param>
/// <param name="WorkflowId">The workflow.</param>
/// <param name="ConfirmAfterStepUp">Whether one last click is wanted after each step-up.</param>
public sealed record EntryForm(
    ElevatedRoleId? Id, int BaseVersion, string Title, string Description, ClusterId ClusterId, ClusterEnvironment Environment, RoleReference Role,
    IReadOnlyList<string> Namespaces, TimeSpan Maximum, TimeSpan Default, WorkflowId WorkflowId, bool ConfirmAfterStepUp);

/// <summary>What an admin types about a workflow.</summary>
/// <param name="Id">The workflow; <see langword="null"/> for a new one.</param>
/// <param name="BaseVersion">The version that the form was filled from; 0 for a new one.</param>
/// <param name="Title">What people call it.</param>
/// <param name="RequesterGroups">Groups that may ask.</param>
/// <param name="Stages">Rounds of approval.</param>
/// <param name="TimeToLive">How long a request waits.</param>
/// <param name="ProvisionWithin">How late after the wanted start access may begin.</param>
public sealed record WorkflowForm(
    WorkflowId? Id, int BaseVersion, string Title, IReadOnlyList<string> RequesterGroups, IReadOnlyList<ApprovalStage> Stages, TimeSpan TimeToLive, TimeSpan ProvisionWithin);

/// <summary>What an admin types about a cluster.</summary>
/// <param name="Id">The cluster; <see langword="null"/> for a new one.</param>
/// <param name="BaseVersion">The version that the form was filled from; 0 for a new one.</param>
/// <param name="Name">Short and unique; cannot be changed later.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Access">How it is reached.</param>
/// <param name="UserNameClaim">The claim that it knows people by.</param>
/// <param name="UserNamePrefix">What it puts before that.</param>
/// <param name="GroupsClaim">The claim that it reads groups from; empty if it sees none.</param>
/// <param name="GroupsPrefix">What it puts before each group.</param>
public sealed record ClusterForm(
    ClusterId? Id, int BaseVersion, string Name, string Title, ClusterEnvironment Environment, ClusterAccess Access, string UserNameClaim, string UserNamePrefix,
    string GroupsClaim = ClusterGroups.DefaultClaim, string GroupsPrefix = "");

/// <summary>How a cluster is reached, as an admin gives it.</summary>
public abstract record ClusterAccess
{
    private ClusterAccess() { }

    /// <summary>As it is already; only for a cluster that is there.</summary>
    public sealed record Unchanged : ClusterAccess;

    /// <summary>The cluster that Lapse runs in.</summary>
    public sealed record InCluster : ClusterAccess;

    /// <summary>A kubeconfig's text; only what stands in it inline is taken.</summary>
    public sealed record Kubeconfig(string Yaml) : ClusterAccess
    {
        /// <summary>Says only what it is: the text has a secret.</summary>
        public override string ToString() => nameof(Kubeconfig);
    }

    /// <summary>Address, authority and a ServiceAccount's token.</summary>
    public sealed record Token(string Server, string CertificateAuthority, string Value) : ClusterAccess
    {
        /// <summary>Says only what it is: it has a secret.</summary>
        public override string ToString() => nameof(Token);
    }
}

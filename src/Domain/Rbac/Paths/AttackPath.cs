using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>What a place on a path is.</summary>
public enum PathNodeKind
{
    /// <summary>Somebody: a user, a group, or a ServiceAccount.</summary>
    Subject,

    /// <summary>A role that somebody can take, in the namespace where they can take it or in the whole cluster.</summary>
    Role,

    /// <summary>The machines on which Pods run.</summary>
    Nodes,

    /// <summary>Everything in one namespace.</summary>
    Namespace,

    /// <summary>The Secrets of one namespace.</summary>
    Secrets,

    /// <summary>Everything in the whole cluster.</summary>
    ClusterAdmin,

    /// <summary>An act that was asked for.</summary>
    Act,
}

/// <summary>A place on a path.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">What it is called: <see cref="Subject"/> or role in words, the namespace, or the act; empty for the rest.</param>
/// <param name="Namespace">Where a role is taken; empty for the whole cluster, and for other places.</param>
/// <param name="Subject">Who it is, if it is somebody.</param>
public sealed record PathNode(PathNodeKind Kind, string Name, string Namespace = "", Subject? Subject = null)
{
    /// <summary>Somebody.</summary>
    public static PathNode Of(Subject subject) => new(PathNodeKind.Subject, subject.ToString(), "", subject);

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        PathNodeKind.Subject or PathNodeKind.Act => Name,
        PathNodeKind.Role => Namespace.Length == 0 ? $"{Name} in the whole cluster" : $"{Name} in {Namespace}",
        PathNodeKind.Nodes => "the nodes",
        PathNodeKind.Namespace => Name.Length == 0 ? "every namespace" : $"namespace {Name}",
        PathNodeKind.Secrets => Name.Length == 0 ? "the Secrets of every namespace" : $"the Secrets of {Name}",
        PathNodeKind.ClusterAdmin => "administrator of the cluster",
    };
}

/// <summary>How one leads to the next.</summary>
public enum EdgeKind
{
    /// <summary>Has it already.</summary>
    Holds,

    /// <summary>Makes a Pod, or what makes Pods, that runs as it.</summary>
    RunPods,

    /// <summary>Runs commands in a running Pod: exec, attach, an added container, another image.</summary>
    EnterPods,

    /// <summary>Is issued its token.</summary>
    RequestToken,

    /// <summary>Reads its token from a Secret.</summary>
    ReadTokenSecret,

    /// <summary>Makes a Secret that receives its token, and reads it.</summary>
    MintTokenSecret,

    /// <summary>Acts in its name.</summary>
    Impersonate,

    /// <summary>Binds the role to themself.</summary>
    BindRole,

    /// <summary>Widens a role that they have.</summary>
    EscalateRole,

    /// <summary>Adds to an aggregated role that they have, by its label.</summary>
    AggregateRole,

    /// <summary>Has a client certificate issued in its name.</summary>
    SignCertificate,

    /// <summary>Reaches the kubelets through the API server.</summary>
    NodesProxy,

    /// <summary>Has a webhook or policy rewrite what others create.</summary>
    RewriteRequests,

    /// <summary>Mounts the disk of a node by a PersistentVolume.</summary>
    MountNodeDisk,

    /// <summary>Takes the Pod Security labels off a namespace and runs a privileged Pod.</summary>
    LiftPodSecurity,

    /// <summary>Runs a privileged Pod.</summary>
    RunPrivilegedPods,

    /// <summary>Drives Pods of others to a node that is under control.</summary>
    AttractPods,

    /// <summary>Uses what is on the nodes: tokens of the Pods there.</summary>
    UseNodes,

    /// <summary>Maps an identity of the cloud to the cluster.</summary>
    MapCloudIdentity,

    /// <summary>Reads Secrets.</summary>
    ReadSecrets,

    /// <summary>Does what was asked for.</summary>
    Act,
}

/// <summary>One step of a path.</summary>
/// <param name="From">From where.</param>
/// <param name="Kind">How.</param>
/// <param name="To">To where.</param>
/// <param name="By">The binding, role and rule that make it; empty where it follows from what was taken before. More than one where it needs them together.</param>
/// <param name="Sentence">The step in a sentence.</param>
/// <param name="Assumes">What RBAC alone cannot show and has to be so; empty for a certain step.</param>
public sealed record PathStep(PathNode From, EdgeKind Kind, PathNode To, ImmutableArray<Allowance> By, string Sentence, string Assumes = "");

/// <summary>How somebody reaches something, in steps.</summary>
/// <param name="Steps">At least one.</param>
public sealed record AttackPath(ImmutableArray<PathStep> Steps)
{
    /// <summary>Where it begins.</summary>
    public PathNode From => Steps[0].From;

    /// <summary>Where it ends.</summary>
    public PathNode To => Steps[^1].To;

    /// <summary>Whether no step assumes anything.</summary>
    public bool IsCertain => Steps.All(step => step.Assumes.Length == 0);

    /// <summary>The places, joined by arrows.</summary>
    public override string ToString() => string.Join(" → ", Steps.Select(step => step.From.ToString()).Append(To.ToString()));
}

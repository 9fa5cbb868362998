using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>Says a step in a sentence.</summary>
internal static class StepWords
{
    internal static string Of(PathNode from, EdgeKind kind, PathNode to, ImmutableArray<Allowance> by, Subject? through, string assumes)
    {
        var who = from.Kind == PathNodeKind.Nodes ? "Whoever has the nodes" : from.Kind == PathNodeKind.Role ? $"Whoever took {from}" : $"{from}";
        var member = through is { } group && from.Subject != group ? $", in {group}," : "";
        var ground = by.IsEmpty ? "" : $" ({string.Join("; ", by.Select(Ground).Distinct())})";
        var unless = assumes.Length == 0 ? "" : $" if {assumes}";
        return $"{who}{member} {Does(kind, to)}{ground}{unless}.";
    }

    internal static string Ground(Allowance by) =>
        string.Create(CultureInfo.InvariantCulture, $"rule {by.RuleIndex + 1} of {by.Role.Reference} through {by.Binding.Reference}");

    private static string Does(EdgeKind kind, PathNode to) => kind switch
    {
        EdgeKind.Holds when to.Kind == PathNodeKind.ClusterAdmin => "may do everything in the whole cluster",
        EdgeKind.Holds => $"may do everything where {to} is",
        EdgeKind.RunPods when to.Kind == PathNodeKind.Secrets => $"runs a Pod that mounts {to}",
        EdgeKind.RunPods => $"runs a Pod as {to}",
        EdgeKind.EnterPods when to.Kind == PathNodeKind.Nodes => "enters a running Pod that reaches its node",
        EdgeKind.EnterPods => $"enters a running Pod of {to}",
        EdgeKind.RequestToken => $"has a token of {to} issued",
        EdgeKind.ReadTokenSecret => $"reads the Secret with the token of {to}",
        EdgeKind.MintTokenSecret => $"makes a Secret that receives the token of {to}, and reads it",
        EdgeKind.Impersonate => $"acts as {to}",
        EdgeKind.BindRole when to.Kind == PathNodeKind.ClusterAdmin => "binds cluster-admin to themself",
        EdgeKind.BindRole when to.Kind == PathNodeKind.Role => $"binds {to} to themself",
        EdgeKind.BindRole => $"binds any role to themself and so reaches {to}",
        EdgeKind.EscalateRole => $"widens a role that they have and so reaches {to}",
        EdgeKind.AggregateRole => $"adds to an aggregated role that they have, by its label, and so reaches {to}",
        EdgeKind.SignCertificate => $"has a client certificate issued in the name of {to}",
        EdgeKind.NodesProxy => "reaches the kubelets of the nodes",
        EdgeKind.RewriteRequests => $"rewrites what others create and so reaches {to}",
        EdgeKind.MountNodeDisk => "mounts the disk of a node by a PersistentVolume",
        EdgeKind.LiftPodSecurity => "takes the Pod Security labels off a namespace and runs a privileged Pod on a node",
        EdgeKind.RunPrivilegedPods => "runs a privileged Pod on a node",
        EdgeKind.AttractPods => $"drives a Pod of {to} to a node that they control",
        EdgeKind.UseNodes when to.Kind == PathNodeKind.ClusterAdmin => "takes the keys of the control plane",
        EdgeKind.UseNodes => $"uses the token of a Pod of {to}",
        EdgeKind.MapCloudIdentity => "maps an identity of the cloud to an administrator",
        EdgeKind.ReadSecrets => $"reads {to}",
        EdgeKind.Act => $"can {to}",
    };
}

using Lapse.Domain.Rbac.Findings;

namespace Lapse.Infrastructure.Rbac;

/// <summary>How clusters' RBAC is read, kept and audited (section <c>Lapse:Rbac</c>); the defaults are right for production.</summary>
public sealed record RbacOptions
{
    /// <summary>How often a cluster's RBAC is read as a whole, whatever its watch says.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often workloads and what the cluster serves are read: they are many, and change all the time.</summary>
    public TimeSpan WorkloadsInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How much time passes at least between two looks at one cluster: what changes meanwhile is one snapshot.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many objects are asked for at a time.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>The most objects of one kind that are read; with more, the kind is not evaluated.</summary>
    public int MostObjects { get; init; } = 200_000;

    /// <summary>How long snapshots, and findings that are gone, are kept.</summary>
    public TimeSpan KeepSnapshots { get; init; } = TimeSpan.FromDays(400);

    /// <summary>How often old ones are cleaned away, on one of the replicas.</summary>
    public TimeSpan CleanUpInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a finding may be accepted at most.</summary>
    public TimeSpan LongestAcceptance { get; init; } = TimeSpan.FromDays(366);

    /// <summary>Namespaces whose control is control of the cluster, beside those that the audit learns. Empty means <c>kube-system</c>.</summary>
    public IReadOnlyList<string> PrivilegedNamespaces { get; init; } = [];

    /// <summary>From how many bindings on somebody has a noteworthy number of roles.</summary>
    public int ManyRoles { get; init; } = new AuditSettings().ManyRoles;

    /// <summary>From how many subjects on a namespace has a noteworthy number of them.</summary>
    public int ManySubjects { get; init; } = new AuditSettings().ManySubjects;

    /// <summary>After how many days without use rights are said to be unused.</summary>
    public int UnusedAfterDays { get; init; } = new AuditSettings().UnusedAfterDays;

    /// <summary>What the audit is told.</summary>
    public AuditSettings Audit => new()
    {
        PrivilegedNamespaces = PrivilegedNamespaces.Count == 0 ? new AuditSettings().PrivilegedNamespaces : [.. PrivilegedNamespaces],
        ManyRoles = ManyRoles,
        ManySubjects = ManySubjects,
        UnusedAfterDays = UnusedAfterDays,
    };
}

using System.Text.RegularExpressions;
using Lapse.Domain.Rbac.Findings;

namespace Lapse.Infrastructure.Rbac;

/// <summary>How clusters' RBAC is read, kept and audited (section <c>Lapse:Rbac</c>); the defaults are right for production.</summary>
public sealed partial record RbacOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Lapse:Rbac";

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

    /// <summary>Everything that is wrong with these settings, each with what to do about it.</summary>
    public IEnumerable<string> Errors()
    {
        if (LookInterval < TimeSpan.FromSeconds(10) || LookInterval > TimeSpan.FromDays(1)) yield return $"{Section}:LookInterval must be between 10 seconds and a day.";
        if (WorkloadsInterval < TimeSpan.FromSeconds(10) || WorkloadsInterval > TimeSpan.FromDays(7)) yield return $"{Section}:WorkloadsInterval must be between 10 seconds and 7 days.";
        if (Pause < TimeSpan.FromSeconds(1) || Pause > TimeSpan.FromHours(1)) yield return $"{Section}:Pause must be between a second and an hour.";
        if (PageSize is < 1 or > 5000) yield return $"{Section}:PageSize must be between 1 and 5000.";
        if (MostObjects is < 1 or > 5_000_000) yield return $"{Section}:MostObjects must be between 1 and 5000000.";
        if (KeepSnapshots < TimeSpan.FromDays(1) || KeepSnapshots > TimeSpan.FromDays(3660)) yield return $"{Section}:KeepSnapshots must be between a day and 3660 days.";
        if (CleanUpInterval < TimeSpan.FromMinutes(1) || CleanUpInterval > TimeSpan.FromDays(7)) yield return $"{Section}:CleanUpInterval must be between a minute and 7 days.";
        if (LongestAcceptance < TimeSpan.FromDays(1) || LongestAcceptance > TimeSpan.FromDays(3660)) yield return $"{Section}:LongestAcceptance must be between a day and 3660 days.";
        if (ManyRoles < 2) yield return $"{Section}:ManyRoles must be at least 2.";
        if (ManySubjects < 2) yield return $"{Section}:ManySubjects must be at least 2.";
        if (UnusedAfterDays is < 1 or > 3660) yield return $"{Section}:UnusedAfterDays must be between 1 and 3660.";
        // A name that no namespace can have would be a privileged place that nobody watches.
        foreach (var space in PrivilegedNamespaces.Where(space => !NamespaceName().IsMatch(space))) yield return $"{Section}:PrivilegedNamespaces has “{space}”, which no namespace can be called.";
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamespaceName();

    /// <summary>What the audit is told.</summary>
    public AuditSettings Audit => new()
    {
        PrivilegedNamespaces = PrivilegedNamespaces.Count == 0 ? new AuditSettings().PrivilegedNamespaces : [.. PrivilegedNamespaces],
        ManyRoles = ManyRoles,
        ManySubjects = ManySubjects,
        UnusedAfterDays = UnusedAfterDays,
    };
}

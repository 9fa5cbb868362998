using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>What an organisation says about its own clusters, for the audit.</summary>
public sealed record AuditSettings
{
    /// <summary>Namespaces whose control is control of the cluster. Others are learnt from who runs in them.</summary>
    public ImmutableArray<string> PrivilegedNamespaces { get; init; } = ["kube-system"];

    /// <summary>From how many bindings on somebody has a noteworthy number of roles.</summary>
    public int ManyRoles { get; init; } = 10;

    /// <summary>From how many subjects on a namespace has a noteworthy number of them.</summary>
    public int ManySubjects { get; init; } = 50;

    /// <summary>For how many days a strong right must not have been used to be called unused.</summary>
    public int UnusedAfterDays { get; init; } = 30;
}

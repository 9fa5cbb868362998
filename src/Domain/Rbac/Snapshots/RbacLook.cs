namespace Lapse.Domain.Rbac.Snapshots;

/// <summary>When Lapse last looked at a cluster's RBAC, and what it compares the next look with. One for each cluster.</summary>
public sealed class RbacLook
{
    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>When the last look that came to an end began; <see langword="null"/> before the first.</summary>
    public DateTimeOffset? LookedAt { get; set; }

    /// <summary>When the last look began, whatever came of it.</summary>
    public DateTimeOffset? TriedAt { get; set; }

    /// <summary>When workloads and what the cluster serves were last read.</summary>
    public DateTimeOffset? WorkloadsAt { get; set; }

    /// <summary>Why the last look came to nothing; empty if it did not.</summary>
    public string Failure { get; set; } = "";

    /// <summary>The number of the newest snapshot; 0 before the first.</summary>
    public int Number { get; set; }

    /// <summary>Digest of everything that is read at each look, in hexadecimal.</summary>
    public string RbacDigest { get; set; } = "";

    /// <summary>Digest of the workloads and of what is served, in hexadecimal.</summary>
    public string WorkloadsDigest { get; set; } = "";

    /// <summary>Which checks and settings the findings come from: with others the same state is audited anew.</summary>
    public string AuditedWith { get; set; } = "";
}

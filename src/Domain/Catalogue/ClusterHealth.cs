namespace Lapse.Domain.Catalogue;

/// <summary>What can be said of a cluster at a glance.</summary>
public enum ClusterState
{
    /// <summary>Nobody has looked yet.</summary>
    Unknown,

    /// <summary>It is being started (the sandbox) and says how far it is.</summary>
    Starting,

    /// <summary>It answers and lets Lapse do what the catalogue needs.</summary>
    Healthy,

    /// <summary>It answers, but some right is missing (<see cref="ClusterHealth.Missing"/>) or the clock is off.</summary>
    Degraded,

    /// <summary>It does not answer; grants wait, ends are retried.</summary>
    Unreachable,
}

/// <summary>What Lapse last saw of a cluster. Written by the prober, read by people.</summary>
public sealed class ClusterHealth
{
    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>At a glance.</summary>
    public ClusterState State { get; set; }

    /// <summary>In words, for people.</summary>
    public string Message { get; set; } = "";

    /// <summary>How far a start is, 0 to 100; <see langword="null"/> when not starting.</summary>
    public int? Percent { get; set; }

    /// <summary>The server's version as it calls itself.</summary>
    public string? ServerVersion { get; set; }

    /// <summary>The rules that Lapse lacks there, as last asked.</summary>
    public IReadOnlyList<MissingRight> Missing { get; set; } = [];

    /// <summary>When Lapse last asked what it may do there; <see langword="null"/> when it has not yet.</summary>
    public DateTimeOffset? RightsCheckedAt { get; set; }

    /// <summary>For what it asked: SHA-256 over settings, credential and catalogue of the cluster, in hexadecimal. If that changed, it asks at once.</summary>
    public string? RightsCheckedFor { get; set; }

    /// <summary>How the cluster's reaper is, as last seen.</summary>
    public ReaperState Reaper { get; set; }

    /// <summary>When it last saw the whole cluster, by the cluster's clock; <see langword="null"/> if never.</summary>
    public DateTimeOffset? ReaperRanAt { get; set; }

    /// <summary>What its last run says if something is left; otherwise empty.</summary>
    public string ReaperMessage { get; set; } = "";

    /// <summary>When this was seen.</summary>
    public DateTimeOffset CheckedAt { get; set; }

    /// <summary>Since when the state is this.</summary>
    public DateTimeOffset Since { get; set; }
}

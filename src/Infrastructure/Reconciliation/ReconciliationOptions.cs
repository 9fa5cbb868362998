namespace Lapse.Infrastructure.Reconciliation;

/// <summary>How the reconciler works; the defaults are right for production.</summary>
public sealed record ReconciliationOptions
{
    /// <summary>Grants that are brought up at once by one replica.</summary>
    public int Starts { get; init; } = 32;

    /// <summary>Grants of one cluster that are ended at once by one replica; lanes of their own, so that no end waits for a start or for another cluster.</summary>
    public int Ends { get; init; } = 32;

    /// <summary>Grants of one cluster that one replica takes to end them: those whose access is not gone yet are never more. Half of it is taken in one statement.</summary>
    public int EndsTaken { get; init; } = 128;

    /// <summary>With so many of one cluster in hand whose end is not recorded yet one replica takes no more of it: their access is gone, their proof waits.</summary>
    public int EndsInHand { get; init; } = 4096;

    /// <summary>How long a worker holds a grant. All its calls time out well before.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long at most the loop sleeps when nothing wakes it: a lost notification delays by no more than this.</summary>
    public TimeSpan LongestSleep { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause between two attempts at one grant.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Fresh connections over which a probe is asked.</summary>
    public int ProbeConnections { get; init; } = 3;

    /// <summary>How long one attempt waits for a binding to become usable before it lets another grant go first.</summary>
    public TimeSpan VerifyPatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a cluster is looked at.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a cluster that does not answer is looked at.</summary>
    public TimeSpan RecoveryInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a cluster is asked whether Lapse may do all that the catalogue needs there. What changed about it is asked for at once.</summary>
    public TimeSpan RightsInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same while something is missing, so that whoever puts it right sees it soon.</summary>
    public TimeSpan MissingRightsInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often roles are read anew.</summary>
    public TimeSpan RoleInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often all clusters are compared with the grants, on one of the replicas.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the ledger gets a signed checkpoint, on one of the replicas, and each replica compares it with those outside.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked for what grants that are over left behind, on one of the replicas.</summary>
    public TimeSpan LookAfterInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often requests and configuration changes that waited too long are ended, on one of the replicas.</summary>
    public TimeSpan TimeoutsInterval { get; init; } = TimeSpan.FromSeconds(30);
}

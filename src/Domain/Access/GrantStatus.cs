namespace Lapse.Domain.Access;

/// <summary>Where a grant stands.</summary>
public enum GrantStatus
{
    /// <summary>Approved for later; nothing was sent to the cluster.</summary>
    Scheduled,

    /// <summary>The binding is being created and verified; perhaps it exists, perhaps not.</summary>
    Provisioning,

    /// <summary>Verified usable.</summary>
    Active,

    /// <summary>The binding is being deleted; until proved gone the access must be taken for live.</summary>
    Revoking,

    /// <summary>Proved gone, as it should end.</summary>
    Ended,

    /// <summary>Proved that nothing is there, but the access never came about, or not as it should.</summary>
    Failed,
}

/// <summary>How a grant ended.</summary>
public enum EndReason
{
    /// <summary>Its time was over.</summary>
    Expired,

    /// <summary>The person gave it back.</summary>
    Dropped,

    /// <summary>Somebody who may took it away.</summary>
    Revoked,

    /// <summary>Somebody deleted the binding in the cluster.</summary>
    RemovedOutsideLapse,

    /// <summary>Somebody changed the binding in the cluster, or the records say more than was signed; Lapse deleted it.</summary>
    Altered,

    /// <summary>The grant of an extension took over, verified usable before this one began to end.</summary>
    Superseded,
}

/// <summary>Why a grant never came about.</summary>
public enum FailureReason
{
    /// <summary>The cluster does not let Lapse bind this role here.</summary>
    Forbidden,

    /// <summary>The namespace is not there.</summary>
    NamespaceGone,

    /// <summary>The role is not there, or has no rules.</summary>
    RoleGone,

    /// <summary>It could not be made usable in time, and nobody gets access unattended hours later.</summary>
    TooLate,

    /// <summary>The records do not prove that this access was asked for and approved.</summary>
    EvidenceMismatch,

    /// <summary>The role became wider than what was approved.</summary>
    RoleWidened,

    /// <summary>A binding of this name was there that Lapse did not make.</summary>
    NameTaken,

    /// <summary>The requester was disabled or lost the right to ask.</summary>
    RequesterNotAllowed,

    /// <summary>The cluster was taken out of use.</summary>
    ClusterGone,

    /// <summary>The cluster refused the binding as invalid.</summary>
    Rejected,

    /// <summary>It would have extended an access that somebody ended on purpose before the extension began.</summary>
    ExtendedAccessEnded,
}

/// <summary>How a grant may move.</summary>
public static class GrantMoves
{
    /// <summary>The one table of moves.</summary>
    public static readonly StatusMoves<GrantStatus> Table = new(
        (GrantStatus.Scheduled, GrantStatus.Provisioning),
        (GrantStatus.Scheduled, GrantStatus.Ended),
        (GrantStatus.Provisioning, GrantStatus.Active),
        (GrantStatus.Provisioning, GrantStatus.Revoking),
        (GrantStatus.Active, GrantStatus.Revoking),
        (GrantStatus.Revoking, GrantStatus.Ended),
        (GrantStatus.Revoking, GrantStatus.Failed));
}

namespace Lapse.Domain.Access;

/// <summary>Where an access request stands.</summary>
public enum RequestStatus
{
    /// <summary>Written down, waiting for its step-up. Nobody but the requester sees it.</summary>
    Draft,

    /// <summary>Proved by the requester, waiting for decisions.</summary>
    AwaitingApproval,

    /// <summary>Approved; its grants carry it from here.</summary>
    Approved,

    /// <summary>Somebody who may decide said no.</summary>
    Denied,

    /// <summary>The requester took it back, or never submitted it.</summary>
    Withdrawn,

    /// <summary>Nobody decided within its time to live.</summary>
    TimedOut,
}

/// <summary>How an access request may move.</summary>
public static class RequestMoves
{
    /// <summary>The one table of moves.</summary>
    public static readonly StatusMoves<RequestStatus> Table = new(
        (RequestStatus.Draft, RequestStatus.AwaitingApproval),
        (RequestStatus.Draft, RequestStatus.Approved),
        (RequestStatus.Draft, RequestStatus.Withdrawn),
        (RequestStatus.AwaitingApproval, RequestStatus.Approved),
        (RequestStatus.AwaitingApproval, RequestStatus.Denied),
        (RequestStatus.AwaitingApproval, RequestStatus.Withdrawn),
        (RequestStatus.AwaitingApproval, RequestStatus.TimedOut),
        // The role became wider than what the approvers saw: a new version, decided anew.
        (RequestStatus.Approved, RequestStatus.AwaitingApproval));
}

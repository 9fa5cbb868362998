using Lapse.Domain;
using Lapse.Domain.Access;

namespace Lapse.Portal.Features.Access;

/// <summary>One access as a page shows it.</summary>
/// <param name="Id">The grant.</param>
/// <param name="RequestId">The request that it came from.</param>
/// <param name="RoleName">The role.</param>
/// <param name="Namespace">Where; <see langword="null"/> means cluster-wide.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="EndReason">How it ended or is ending.</param>
/// <param name="FailureReason">Why it never came about.</param>
/// <param name="StartsAt">When it shall start.</param>
/// <param name="UsableAt">When it was verified usable.</param>
/// <param name="EndsAt">When it ends.</param>
/// <param name="Since">Since when it stands there, as far as that is recorded.</param>
/// <param name="LastError">What stands in the way; <see langword="null"/> when nothing does.</param>
/// <param name="AlreadyHadBy">What else lets the person do this; for information.</param>
/// <param name="IsOverdue">Whether it should have begun or ended and has not.</param>
public sealed record GrantView(
    GrantId Id, AccessRequestId RequestId, string RoleName, string? Namespace, GrantStatus Status, EndReason? EndReason, FailureReason? FailureReason,
    DateTimeOffset StartsAt, DateTimeOffset? UsableAt, DateTimeOffset? EndsAt, DateTimeOffset Since, string? LastError, string? AlreadyHadBy, bool IsOverdue)
{
    /// <summary>What Lapse found, after the end, to have appeared meanwhile; <see langword="null"/> until it looked.</summary>
    public LeftBehind? LeftBehind { get; init; }

    /// <summary>Whether Lapse looks, or looked, for what is left behind: there was a binding, and it is gone.</summary>
    public bool IsLookedAfter { get; init; }

    /// <summary>Whether Lapse looks no more: it ended too long ago.</summary>
    public bool IsLookOver { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool IsOver => Status is GrantStatus.Ended or GrantStatus.Failed;

    /// <summary>Whether somebody can still end it.</summary>
    public bool CanEnd => Status is GrantStatus.Scheduled or GrantStatus.Provisioning or GrantStatus.Active;

    /// <summary>Such as “admin in web-prod”.</summary>
    public string What => Requests.RequestWords.What(RoleName, Namespace is { } ns ? [ns] : []);

    /// <summary>Why it failed, in words; <see langword="null"/> if it did not.</summary>
    public string? FailureWords => FailureReason is { } reason ? GrantWords.Of(reason) : null;

    /// <summary>A grant at a moment.</summary>
    public static GrantView Of(Grant grant, DateTimeOffset now) => new(
        grant.Id, grant.RequestId, grant.RoleName, grant.Namespace, grant.Status, grant.EndReason, grant.FailureReason,
        grant.StartsAt, grant.UsableAt, grant.EndsAt, grant.EndedAt ?? grant.RevokingSince ?? grant.UsableAt ?? grant.CreatedAt,
        grant.LastError, grant.AlreadyHadBy, GrantLateness.IsOverdue(grant, now))
    { IsLookedAfter = grant.IsOver && grant.BindingUid is not null, IsLookOver = grant.EndedAt <= now - LeftBehind.LookWithin };
}

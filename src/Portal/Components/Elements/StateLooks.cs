using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Icons;

namespace Lapse.Portal.Components.Elements;

/// <summary>How each state is shown, said once for every page.</summary>
public static class StateLooks
{
    /// <summary>A grant that should have begun or ended and has not: loud, and never shown as done.</summary>
    public static StateLook Overdue { get; } = new("Overdue", Tone.Bad, Glyphs.Warning);

    /// <summary>How the state of a request is shown.</summary>
    public static StateLook Of(RequestStatus status) => status switch
    {
        RequestStatus.Draft => new("Draft", Tone.Neutral, Glyphs.Requests),
        RequestStatus.AwaitingApproval => new("Awaiting approval", Tone.Waiting, Glyphs.Clock),
        RequestStatus.Approved => new("Approved", Tone.Good, Glyphs.Check),
        RequestStatus.Denied => new("Denied", Tone.Bad, Glyphs.Denied),
        RequestStatus.Withdrawn => new("Withdrawn", Tone.Neutral, Glyphs.Back),
        RequestStatus.TimedOut => new("Timed out", Tone.Neutral, Glyphs.Clock),
    };

    /// <summary>How the state of a grant is shown.</summary>
    /// <param name="status">Where it stands.</param>
    /// <param name="end">How it ended; only of <see cref="GrantStatus.Ended"/>.</param>
    public static StateLook Of(GrantStatus status, EndReason? end = null) => status switch
    {
        GrantStatus.Scheduled => new("Scheduled", Tone.Neutral, Glyphs.Clock),
        GrantStatus.Provisioning => new("Being set up", Tone.Accent, Glyphs.Progress),
        GrantStatus.Active => new("Active", Tone.Good, Glyphs.Done),
        GrantStatus.Revoking => new("Being removed", Tone.Waiting, Glyphs.Progress),
        GrantStatus.Ended => end is { } reason ? Of(reason) : new("Ended", Tone.Neutral, Glyphs.Ended),
        GrantStatus.Failed => new("Failed", Tone.Bad, Glyphs.Warning),
    };

    /// <summary>How the end of a grant is shown.</summary>
    public static StateLook Of(EndReason reason) => reason switch
    {
        EndReason.Expired => new("Expired", Tone.Neutral, Glyphs.Ended),
        EndReason.Dropped => new("Dropped", Tone.Neutral, Glyphs.Back),
        EndReason.Revoked => new("Revoked", Tone.Bad, Glyphs.Denied),
        EndReason.RemovedOutsideLapse => new("Removed in the cluster", Tone.Bad, Glyphs.Denied),
        EndReason.Altered => new("Altered", Tone.Bad, Glyphs.Warning),
        EndReason.Superseded => new("Extended", Tone.Neutral, Glyphs.Right),
    };

    /// <summary>How the state of a cluster is shown.</summary>
    public static StateLook Of(ClusterState state) => state switch
    {
        ClusterState.Unknown => new("Not checked yet", Tone.Neutral, Glyphs.Help),
        ClusterState.Starting => new("Starting", Tone.Accent, Glyphs.Progress),
        ClusterState.Healthy => new("Healthy", Tone.Good, Glyphs.Done),
        ClusterState.Degraded => new("Degraded", Tone.Waiting, Glyphs.Warning),
        ClusterState.Unreachable => new("Unreachable", Tone.Bad, Glyphs.Denied),
    };
}

using Lapse.Domain.Access;

namespace Lapse.Portal.Features.Access;

/// <summary>Says how a grant ends and why it fails.</summary>
public static class GrantWords
{
    /// <summary>Why it never came about, in a sentence that says what to do.</summary>
    public static string Of(FailureReason reason) => reason switch
    {
        FailureReason.Forbidden => "The cluster does not let Lapse bind this role here. An administrator has to give Lapse that right; then ask again.",
        FailureReason.NamespaceGone => "The namespace is not there any more.",
        FailureReason.RoleGone => "The role is not there any more, or has no rules.",
        FailureReason.TooLate => "It could not be made usable in time, and nobody gets access unattended hours later. Ask again if you still need it.",
        FailureReason.EvidenceMismatch => "The records do not prove that exactly this was asked for and approved, so nothing was given. An administrator has to look at the ledger.",
        FailureReason.RoleWidened => "The role allows more than what was approved, so nothing was given. It has to be approved again.",
        FailureReason.NameTaken => "A binding of this name was there that Lapse did not make; it was left alone. An administrator has to look at it.",
        FailureReason.RequesterNotAllowed => "The requester may not have this access any more.",
        FailureReason.ClusterGone => "The cluster was taken out of use.",
        FailureReason.ExtendedAccessEnded => "The access that it extends was ended on purpose before the extension began, so it was not brought back. If it is still needed, it has to be asked for anew.",
        FailureReason.Rejected => "The cluster refused the binding as invalid. An administrator has to look at the catalogue entry.",
    };

    /// <summary>Why it ends, after “because”.</summary>
    public static string Of(EndReason reason) => reason switch
    {
        EndReason.Expired => "its time was over",
        EndReason.Dropped => "it was dropped",
        EndReason.Revoked => "it was revoked",
        EndReason.RemovedOutsideLapse => "somebody removed the binding in the cluster",
        EndReason.Altered => "somebody changed the binding or its records",
        EndReason.Superseded => "its extension took over",
    };
}

using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.JustInTime;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Where standing access can be turned into just-in-time access. Where it plainly cannot, no link leads there; the server decides.</summary>
public static class StandingLinks
{
    /// <summary>For the binding of a finding; <see langword="null"/> for what cannot become just-in-time access.</summary>
    public static string? For(string cluster, FindingRow finding) => finding.Subject is { } subject && !CanAsk(subject) ? null : For(cluster, finding.Binding);

    /// <summary>For what somebody has.</summary>
    /// <param name="cluster">The cluster's short name.</param>
    /// <param name="subject">Who.</param>
    /// <param name="right">What they have by one binding.</param>
    public static string? For(string cluster, Subject subject, SubjectRight right) =>
        right.IsKubernetes || !right.RoleIsThere || !CanAsk(right.Through ?? subject) ? null : For(cluster, right.Binding);

    // Programs ask in no browser, and nobody signs in by a name of Kubernetes itself.
    private static bool CanAsk(Subject subject) => subject.Kind != SubjectKind.ServiceAccount && !ClusterGroups.IsReserved(subject.Name);

    private static string? For(string cluster, string binding) =>
        ReviewedBinding.ReadReference(binding) is { } found && !BindingKeys.IsBindingName(found.Name) ? JustInTimeWords.NewAddress(cluster, binding) : null;
}

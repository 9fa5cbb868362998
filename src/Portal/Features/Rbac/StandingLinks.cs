using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.JustInTime;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Where standing access can be turned into just-in-time access. Where it plainly cannot, no link leads there; the server decides.</summary>
public static class StandingLinks
{
    /// <summary>For the binding of a finding; <see langword="null"/> for what cannot become just-in-time access.</summary>
    public static string? For(string cluster, FindingRow finding) => finding.Subject is { Kind: SubjectKind.ServiceAccount } ? null : For(cluster, finding.Binding);

    /// <summary>For what somebody has.</summary>
    public static string? For(string cluster, SubjectRight right) => right.IsKubernetes || !right.RoleIsThere ? null : For(cluster, right.Binding);

    private static string? For(string cluster, string binding) =>
        ReviewedBinding.ReadReference(binding) is { } found && !BindingKeys.IsBindingName(found.Name) ? JustInTimeWords.NewAddress(cluster, binding) : null;
}

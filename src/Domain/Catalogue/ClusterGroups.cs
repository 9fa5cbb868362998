namespace Lapse.Domain.Catalogue;

/// <summary>
/// What a person's groups are called in a cluster, as the API server computes it (kube-apiserver's <c>--oidc-groups-claim</c> and
/// <c>--oidc-groups-prefix</c>). They decide nothing: Lapse only asks with them what somebody may do there anyway.
/// </summary>
public static class ClusterGroups
{
    /// <summary>The claim where nobody says otherwise.</summary>
    public const string DefaultClaim = "groups";

    /// <summary>The groups as the cluster sees them, without those that no token of a person may give: they are never asked about.</summary>
    /// <param name="prefix">What the cluster puts before each.</param>
    /// <param name="groups">The values of the claim in a verified id token.</param>
    public static IReadOnlyList<string> From(string prefix, IEnumerable<string> groups) =>
        [.. groups.Where(group => group.Length > 0).Select(group => prefix + group).Where(group => !IsReserved(group)).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether a name belongs to Kubernetes itself or to Lapse.</summary>
    public static bool IsReserved(string name) =>
        name.StartsWith("system:", StringComparison.OrdinalIgnoreCase) || name.StartsWith("lapse:", StringComparison.OrdinalIgnoreCase);
}

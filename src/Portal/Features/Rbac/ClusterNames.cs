using System.Security.Claims;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Infrastructure.Oidc;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What clusters call the people who sign in to Lapse. It decides nothing: it shows whom a binding means.</summary>
public sealed class ClusterNames(ProviderOptions provider)
{
    /// <summary>The user name, by somebody's newest sign-in; empty where that does not say it.</summary>
    public static string UserName(Cluster cluster, SignInSession? newest) =>
        newest is not null && ClusterUserName.From(cluster.UserNameClaim, cluster.UserNamePrefix, newest.Claims.Select(claim => new Claim(claim.Key, claim.Value))) is { Succeeded: true, Value: var name } ? name : "";

    /// <summary>What a cluster puts before the provider's groups; <see langword="null"/> where it reads its groups from another claim, which Lapse does not know.</summary>
    public string? GroupsPrefix(Cluster cluster) => cluster.GroupsClaim.Length > 0 && cluster.GroupsClaim == provider.Effective().GroupsClaim ? cluster.GroupsPrefix : null;

    /// <summary>Somebody's groups as a cluster sees them; <see langword="null"/> where Lapse does not know them.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="groups">The provider's groups of their newest token.</param>
    public IReadOnlyList<string>? Groups(Cluster cluster, IReadOnlyList<string>? groups) =>
        groups is not null && GroupsPrefix(cluster) is { } prefix ? ClusterGroups.From(prefix, groups) : null;
}

using Lapse.Domain.Catalogue;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What the catalogue offers on a cluster, as far as Lapse's own rights there are concerned.</summary>
/// <param name="Namespaces">The namespaces; empty for the whole cluster.</param>
/// <param name="Role">The role that is bound.</param>
public sealed record ClusterRightsEntry(IReadOnlyCollection<string> Namespaces, RoleReference Role)
{
    /// <summary>Whether the role is bound in the whole cluster.</summary>
    public bool IsClusterWide => Namespaces.Count == 0;
}

/// <summary>The ServiceAccount that Lapse acts as on a cluster.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record PortalAccount(string Namespace, string Name)
{
    /// <summary>What <c>deploy/</c> and the sandbox use.</summary>
    public static PortalAccount Default { get; } = new("lapse-system", "lapse-portal");

    /// <summary>Its user name in the cluster.</summary>
    public string UserName => $"system:serviceaccount:{Namespace}:{Name}";
}

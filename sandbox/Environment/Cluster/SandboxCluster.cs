using k8s;
using k8s.Models;

namespace Lapse.Sandbox;

/// <summary>What the sandbox's cluster holds: namespaces with Deployments, people who may look, Lapse's own ServiceAccounts, and standing rights that an audit finds.</summary>
public static class SandboxCluster
{
    /// <summary>The name that the sandbox's cluster has in Lapse.</summary>
    public const string Name = "sandbox";

    /// <summary>The namespace of Lapse's own ServiceAccounts; the one that <c>lapse cluster-rights</c> goes by.</summary>
    public const string SystemNamespace = "lapse-system";

    /// <summary>The ServiceAccount that the portal works as.</summary>
    public const string PortalAccount = "lapse-portal";

    private static readonly TimeSpan TokenLife = TimeSpan.FromHours(24);

    /// <summary>Puts everything in place. Running it again changes nothing that is as it should be.</summary>
    /// <exception cref="SandboxException">The API server refused something; with its reason.</exception>
    public static async Task SeedAsync(ControlPlane cluster, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        using var client = cluster.CreateClient();
        foreach (var file in new[] { "cluster.yaml", "standing-rights.yaml" })
            await Manifests.ApplyAsync(client, await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "sandbox", file), cancellationToken), cancellationToken);
    }

    /// <summary>Gives the portal's ServiceAccount its rights: exactly what <c>lapse cluster-rights</c> printed.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="manifests">Roles and bindings as YAML.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task GrantPortalAsync(ControlPlane cluster, string manifests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        using var client = cluster.CreateClient();
        await Manifests.ApplyAsync(client, manifests, cancellationToken);
    }

    /// <summary>A token of the portal's ServiceAccount, good for a day; Lapse renews it by itself.</summary>
    public static async Task<string> PortalTokenAsync(ControlPlane cluster, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        using var client = cluster.CreateClient();
        var answer = await client.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest
            {
                Spec = new V1TokenRequestSpec { Audiences = [], ExpirationSeconds = (long)TokenLife.TotalSeconds },
            },
            PortalAccount,
            SystemNamespace,
            cancellationToken: cancellationToken);
        return answer.Status.Token;
    }
}

using System.Net.Http.Headers;
using System.Text;
using k8s;
using k8s.Models;

namespace Lapse.Sandbox;

/// <summary>Applies manifests as <c>kubectl apply --server-side</c> does: what is there and equal stays as it is.</summary>
public static class Manifests
{
    private static readonly Dictionary<string, Type> Kinds = new(StringComparer.Ordinal)
    {
        ["v1/Namespace"] = typeof(V1Namespace),
        ["v1/ConfigMap"] = typeof(V1ConfigMap),
        ["v1/ServiceAccount"] = typeof(V1ServiceAccount),
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["rbac.authorization.k8s.io/v1/Role"] = typeof(V1Role),
        ["rbac.authorization.k8s.io/v1/RoleBinding"] = typeof(V1RoleBinding),
        ["rbac.authorization.k8s.io/v1/ClusterRole"] = typeof(V1ClusterRole),
        ["rbac.authorization.k8s.io/v1/ClusterRoleBinding"] = typeof(V1ClusterRoleBinding),
    };

    /// <summary>Applies every document of a YAML text, in its order.</summary>
    /// <param name="client">A client that may do so.</param>
    /// <param name="yaml">Namespaces, ServiceAccounts, Deployments, Roles and bindings.</param>
    /// <param name="cancellationToken">Ends it between two documents.</param>
    /// <exception cref="SandboxException">The API server refused one of them; with its reason.</exception>
    public static async Task ApplyAsync(Kubernetes client, string yaml, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(client);
        foreach (var manifest in KubernetesYaml.LoadAllFromString(yaml, Kinds).Cast<IKubernetesObject<V1ObjectMeta>>())
            await ApplyAsync(client, manifest, cancellationToken);
    }

    private static async Task ApplyAsync(
        Kubernetes client, IKubernetesObject<V1ObjectMeta> manifest, CancellationToken cancellationToken)
    {
        var address = new Uri(client.BaseUri, $"{Path(manifest)}?fieldManager=lapse-sandbox&force=true");
        using var request = new HttpRequestMessage(HttpMethod.Patch, address)
        {
            // JSON is YAML.
            Content = new StringContent(KubernetesJson.Serialize(manifest), Encoding.UTF8, new MediaTypeHeaderValue("application/apply-patch+yaml")),
        };
        if (client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        using var response = await client.HttpClient.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            var reason = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new SandboxException($"The cluster refused {manifest.Kind} {manifest.Name()} ({(int)response.StatusCode}): {reason}");
        }
    }

    private static string Path(IKubernetesObject<V1ObjectMeta> manifest)
    {
        var group = manifest.ApiVersion.Contains('/', StringComparison.Ordinal) ? $"apis/{manifest.ApiVersion}" : $"api/{manifest.ApiVersion}";
        var place = manifest.Namespace() is { Length: > 0 } name ? $"/namespaces/{name}" : "";
        return $"{group}{place}/{manifest.Kind.ToLowerInvariant()}s/{manifest.Name()}";
    }
}

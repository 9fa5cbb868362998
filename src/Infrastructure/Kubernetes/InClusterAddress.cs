using Lapse.Domain;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>The cluster that Lapse itself runs in, as Kubernetes shows it to every pod.</summary>
public static class InClusterAddress
{
    /// <summary>Where the kubelet puts token and certificate authority.</summary>
    public const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The file with the token, which the kubelet renews.</summary>
    public const string TokenFile = Folder + "/token";

    /// <summary>Reads the address from the environment variables and files of a pod.</summary>
    public static Outcome<ClusterAddress> Read()
    {
        var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
        var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
        var authority = Path.Combine(Folder, "ca.crt");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(TokenFile) || !File.Exists(authority))
            return new Refusal("NotInCluster", "Lapse does not run in a cluster here, or its pod has no ServiceAccount token. Give the server's address and a token instead.");

        var server = host.Contains(':', StringComparison.Ordinal) ? $"https://[{host}]:{port}" : $"https://{host}:{port}";
        return ClusterAddress.From(server, File.ReadAllText(authority), new ClusterCredential.InCluster());
    }
}

using System.Globalization;
using k8s;

namespace Lapse.Sandbox;

/// <summary>The control plane as k3s in a container, without its agent, so without nodes.</summary>
internal static class K3s
{
    private const string Image = "rancher/k3s:v1.31.5-k3s1";

    public static async Task<ControlPlane> StartAsync(ControlPlaneOptions options, CancellationToken cancellationToken)
    {
        string? throwAway = null;
        var folder = options.DataFolder is { } wanted
            ? Path.GetFullPath(wanted)
            : throwAway = Directory.CreateTempSubdirectory("lapse-cluster-").FullName;
        var output = Directory.CreateDirectory(Path.Combine(folder, "k3s")).FullName;
        var kubeconfig = Path.Combine(output, "kubeconfig");
        File.Delete(kubeconfig);
        options.Progress?.Report(ClusterStatus.Starting($"Starting {Image} in Docker", 50));
        // The host's network: the API server has to reach the provider under the name that its issuer has in the browser.
        var process = Docker.Run("k3s", Path.Combine(folder, "k3s.log"),
        [
            "--privileged", "--network", "host",
            "--volume", $"{await VolumeAsync(folder, cancellationToken)}:/var/lib/rancher/k3s",
            "--volume", $"{output}:/output",
            .. options.Oidc is { } oidc ? new[] { "--volume", $"{Path.GetDirectoryName(Path.GetFullPath(oidc.AuthorityFile))}:/provider:ro" } : [],
            Image, "server", "--disable-agent", "--disable=coredns,servicelb,traefik,local-storage,metrics-server",
            "--bind-address=127.0.0.1", "--write-kubeconfig=/output/kubeconfig", "--write-kubeconfig-mode=600",
            string.Create(CultureInfo.InvariantCulture, $"--https-listen-port={options.Port ?? Ports.Free()}"),
            .. Oidc(options.Oidc),
        ]);
        try
        {
            // The image may have to be fetched first.
            await process.WaitUntilReadyAsync(token => IsReadyAsync(kubeconfig, token), TimeSpan.FromMinutes(10), cancellationToken);
            return new ControlPlane(kubeconfig, [process], throwAway);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static IEnumerable<string> Oidc(OidcTrust? oidc) => oidc is null ? [] : new[]
    {
        $"oidc-issuer-url={oidc.Issuer}", $"oidc-ca-file=/provider/{Path.GetFileName(oidc.AuthorityFile)}", $"oidc-client-id={oidc.ClientId}",
        $"oidc-username-claim={oidc.UserNameClaim}", $"oidc-username-prefix={oidc.UserNamePrefix}",
        $"oidc-groups-claim={oidc.GroupsClaim}", $"oidc-groups-prefix={oidc.GroupsPrefix}",
    }.Select(argument => $"--kube-apiserver-arg={argument}");

    private static async Task<bool> IsReadyAsync(string kubeconfig, CancellationToken cancellationToken)
    {
        if (!File.Exists(kubeconfig))
            return false;
        using var client = new Kubernetes(await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(new FileInfo(kubeconfig)));
        return await ControlPlaneLauncher.HasBuiltInRolesAsync(client, cancellationToken);
    }

    private static async Task<string> VolumeAsync(string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, "volume");
        if (!File.Exists(file))
            await File.WriteAllTextAsync(file, $"lapse-k3s-{Guid.NewGuid():N}", cancellationToken);
        return await File.ReadAllTextAsync(file, cancellationToken);
    }
}

using System.Globalization;
using k8s;
using k8s.Autorest;

namespace Lapse.Sandbox;

/// <summary>Starts etcd, kube-apiserver and kube-controller-manager on the loopback address.</summary>
internal static class ControlPlaneLauncher
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<ControlPlane> StartAsync(
        KubernetesBinaries binaries, ControlPlaneOptions options, CancellationToken cancellationToken)
    {
        string? throwAway = null;
        var folder = options.DataFolder is { } wanted
            ? Path.GetFullPath(wanted)
            : throwAway = Directory.CreateTempSubdirectory("lapse-cluster-").FullName;
        var certificates = ClusterCertificates.Open(Path.Combine(folder, "certificates"));
        var port = options.Port ?? Ports.Free();
        var server = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{port}"));
        var administrator = WriteKubeconfig(folder, certificates, server, "lapse-sandbox-admin", "system:masters");
        var processes = new List<ChildProcess>();
        try
        {
            options.Progress?.Report(ClusterStatus.Starting("Starting etcd", 94));
            var etcd = await StartEtcdAsync(binaries, folder, certificates, processes, cancellationToken);
            if (options.Oidc is { } oidc)
                await WaitForFileAsync(oidc.AuthorityFile, cancellationToken);
            options.Progress?.Report(ClusterStatus.Starting("Starting the API server", 96));
            await StartApiServerAsync(binaries, folder, certificates, etcd, port, options, administrator, processes, cancellationToken);
            options.Progress?.Report(ClusterStatus.Starting("Starting the controllers", 98));
            await StartControllersAsync(binaries, folder, certificates, server, administrator, processes, cancellationToken);
            return new ControlPlane(administrator, processes, throwAway);
        }
        catch
        {
            foreach (var process in Enumerable.Reverse(processes))
                await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the built-in roles have their rules, which the controllers gather from the roles that they aggregate.</summary>
    internal static async Task<bool> HasBuiltInRolesAsync(IKubernetes client, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var name in new[] { "view", "edit", "admin" })
            {
                if ((await client.RbacAuthorizationV1.ReadClusterRoleAsync(name, cancellationToken: cancellationToken)).Rules is not { Count: > 0 })
                    return false;
            }
            await client.CoreV1.ReadNamespacedServiceAccountAsync("default", "default", cancellationToken: cancellationToken);
            return true;
        }
        catch (Exception e) when (e is HttpOperationException or HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<Uri> StartEtcdAsync(
        KubernetesBinaries binaries, string folder, ClusterCertificates certificates, List<ChildProcess> processes, CancellationToken cancellationToken)
    {
        var (certificate, key) = certificates.For("etcd");
        var clients = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{Ports.Free()}"));
        var peers = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Ports.Free()}");
        var etcd = Start("etcd", binaries.Etcd, folder,
        [
            "--name=sandbox", $"--data-dir={Path.Combine(folder, "etcd")}",
            $"--listen-client-urls={clients.GetLeftPart(UriPartial.Authority)}",
            $"--advertise-client-urls={clients.GetLeftPart(UriPartial.Authority)}",
            $"--listen-peer-urls={peers}", $"--initial-advertise-peer-urls={peers}", $"--initial-cluster=sandbox={peers}",
            $"--cert-file={certificate}", $"--key-file={key}", $"--trusted-ca-file={certificates.AuthorityFile}", "--client-cert-auth=true",
        ]);
        processes.Add(etcd);
        await etcd.WaitUntilReadyAsync(async token =>
        {
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync(clients.Host, clients.Port, token);
            return true;
        }, Patience, cancellationToken);
        return clients;
    }

    private static async Task StartApiServerAsync(
        KubernetesBinaries binaries, string folder, ClusterCertificates certificates, Uri etcd, int port, ControlPlaneOptions options,
        string administrator, List<ChildProcess> processes, CancellationToken cancellationToken)
    {
        var (certificate, key) = certificates.For("kube-apiserver");
        var (etcdCertificate, etcdKey) = certificates.For("kube-apiserver-etcd-client", "lapse-sandbox");
        var policy = Path.Combine(folder, "audit-policy.yaml");
        await File.WriteAllTextAsync(policy, AuditPolicy.Yaml, cancellationToken);
        var apiServer = Start("kube-apiserver", binaries.ApiServer, folder,
        [
            $"--etcd-servers={etcd.GetLeftPart(UriPartial.Authority)}",
            $"--etcd-cafile={certificates.AuthorityFile}", $"--etcd-certfile={etcdCertificate}", $"--etcd-keyfile={etcdKey}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            string.Create(CultureInfo.InvariantCulture, $"--secure-port={port}"),
            $"--tls-cert-file={certificate}", $"--tls-private-key-file={key}", $"--client-ca-file={certificates.AuthorityFile}",
            "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            $"--service-account-key-file={certificates.TokenKeyFile}", $"--service-account-signing-key-file={certificates.TokenKeyFile}",
            $"--audit-policy-file={policy}", $"--audit-log-path={Path.Combine(folder, "audit.log")}",
            "--audit-log-maxsize=50", "--audit-log-maxbackup=2",
            .. Oidc(options.Oidc),
        ]);
        processes.Add(apiServer);
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(administrator));
        await apiServer.WaitUntilReadyAsync(async token =>
        {
            using var answer = await client.HttpClient.GetAsync(new Uri(client.BaseUri, "readyz"), token);
            return answer.IsSuccessStatusCode;
        }, Patience, cancellationToken);
    }

    private static async Task StartControllersAsync(
        KubernetesBinaries binaries, string folder, ClusterCertificates certificates, Uri server, string administrator,
        List<ChildProcess> processes, CancellationToken cancellationToken)
    {
        var kubeconfig = WriteKubeconfig(folder, certificates, server, "system:kube-controller-manager", "lapse-sandbox");
        // Its insecure port was on by default until it was taken out together with the flag, in 1.24.
        string[] insecurePort = await binaries.MinorVersionAsync(cancellationToken) < 24 ? ["--port=0"] : [];
        var controllers = Start("kube-controller-manager", binaries.ControllerManager, folder,
        [
            $"--kubeconfig={kubeconfig}", "--use-service-account-credentials", "--leader-elect=false", "--secure-port=0", .. insecurePort,
            $"--service-account-private-key-file={certificates.TokenKeyFile}", $"--root-ca-file={certificates.AuthorityFile}",
            // Namespaces of tests should go as fast as they come.
            "--kube-api-qps=200", "--kube-api-burst=400", "--concurrent-namespace-syncs=20",
        ]);
        processes.Add(controllers);
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(administrator));
        await controllers.WaitUntilReadyAsync(token => HasBuiltInRolesAsync(client, token), Patience, cancellationToken);
    }

    private static string[] Oidc(OidcTrust? oidc) => oidc is null ? [] :
    [
        $"--oidc-issuer-url={oidc.Issuer}", $"--oidc-ca-file={oidc.AuthorityFile}", $"--oidc-client-id={oidc.ClientId}",
        $"--oidc-username-claim={oidc.UserNameClaim}", $"--oidc-username-prefix={oidc.UserNamePrefix}",
        $"--oidc-groups-claim={oidc.GroupsClaim}", $"--oidc-groups-prefix={oidc.GroupsPrefix}",
    ];

    private static ChildProcess Start(string name, string fileName, string folder, string[] arguments) =>
        ChildProcess.Start(new ChildOptions
        {
            Name = name,
            FileName = fileName,
            Arguments = arguments,
            LogFile = Path.Combine(folder, name + ".log"),
            StopTimeout = TimeSpan.FromSeconds(5),
            // An address from a proxy's variables would be used for loopback too where no_proxy does not say otherwise.
            Environment = new Dictionary<string, string?> { ["NO_PROXY"] = "127.0.0.1,localhost", ["no_proxy"] = "127.0.0.1,localhost" },
        });

    private static string WriteKubeconfig(string folder, ClusterCertificates certificates, Uri server, string user, string group)
    {
        var (certificate, key) = certificates.For(user, group);
        var file = Path.Combine(folder, user == "lapse-sandbox-admin" ? "kubeconfig" : user.Replace(':', '-') + ".kubeconfig");
        Kubeconfig.WriteCertificate(file, server, certificates.AuthorityFile, user, certificate, key);
        return file;
    }

    /// <summary>The provider writes the certificate of its authority when it first starts; the API server reads it only once.</summary>
    private static async Task WaitForFileAsync(string file, CancellationToken cancellationToken)
    {
        for (var tries = 0; !File.Exists(file); tries++)
        {
            if (tries > 600)
                throw new SandboxException($"The OpenID provider has not written {file}; its log says why.");
            await Task.Delay(100, cancellationToken);
        }
    }
}

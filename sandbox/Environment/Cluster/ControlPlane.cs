using System.Diagnostics;
using k8s;

namespace Lapse.Sandbox;

/// <summary>
/// A real Kubernetes control plane without nodes: the one that <c>LAPSE_KUBECONFIG</c> names, else one that is started from
/// binaries of this machine, else k3s in Docker, else built once from Debian's source package. It ends with this process.
/// </summary>
public sealed class ControlPlane : IAsyncDisposable
{
    /// <summary>The variable that names an administrator's kubeconfig to be used instead of a control plane of our own.</summary>
    public const string Variable = "LAPSE_KUBECONFIG";

    private readonly IReadOnlyList<ChildProcess> _processes;
    private readonly string? _throwAway;

    internal ControlPlane(string kubeconfigFile, IReadOnlyList<ChildProcess> processes, string? throwAway)
    {
        KubeconfigFile = kubeconfigFile;
        _processes = processes;
        _throwAway = throwAway;
        Configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfigFile);
    }

    /// <summary>An administrator's kubeconfig.</summary>
    public string KubeconfigFile { get; }

    /// <summary>The content of <see cref="KubeconfigFile"/>: the server's address, its authority and the administrator's credentials.</summary>
    public KubernetesClientConfiguration Configuration { get; }

    /// <summary>The API server's address.</summary>
    public Uri Server => new(Configuration.Host);

    /// <summary>The authority that signed the API server's certificate, as PEM.</summary>
    public string AuthorityPem =>
        string.Concat(Configuration.SslCaCerts.Select(certificate => certificate.ExportCertificatePem() + "\n"));

    /// <summary>Starts the control plane, or finds the given one, and returns when it serves and the built-in roles have their rules.</summary>
    /// <exception cref="SandboxException">It could not be started; the message says what to do.</exception>
    public static async Task<ControlPlane> StartAsync(ControlPlaneOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given)
            return await UseAsync(given, cancellationToken);
        if (options.Port is { } port)
            Ports.EnsureFree(port, options.PortVariable);
        var binaries = KubernetesBinaries.Find();
        if (binaries is null && options.Install)
        {
            if (await Docker.IsUsableAsync(cancellationToken))
                return await K3s.StartAsync(options, cancellationToken);
            binaries = await KubernetesBuild.EnsureAsync(options.Progress, cancellationToken);
        }
        return binaries is not null
            ? await ControlPlaneLauncher.StartAsync(binaries, options, cancellationToken)
            : throw new SandboxException(
                $"There is no Kubernetes control plane in {KubernetesBinaries.CacheFolder}; run ./run.sh once to build it, or set {Variable} to a kubeconfig.");
    }

    /// <summary>
    /// Where the API server will be, and the authority of its certificate, before it is started. A given one that is not
    /// there yet, and k3s, make their own; then what is true is known once <see cref="StartAsync"/> returned.
    /// </summary>
    public static (Uri Server, string AuthorityPem) Announce(string dataFolder, int port)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given && File.Exists(given))
        {
            var cluster = new ControlPlane(given, [], throwAway: null);
            return (cluster.Server, cluster.AuthorityPem);
        }
        var certificates = ClusterCertificates.Open(Path.Combine(Path.GetFullPath(dataFolder), "certificates"));
        return (new UriBuilder("https", "127.0.0.1", port).Uri, File.ReadAllText(certificates.AuthorityFile));
    }

    /// <summary>Makes sure that a control plane can be started here in seconds: builds it if it would have to be built.</summary>
    /// <exception cref="SandboxException">It could not be built; the message says what to do.</exception>
    public static async Task PrepareAsync(IProgress<ClusterStatus>? progress, CancellationToken cancellationToken)
    {
        var given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };
        if (!given && KubernetesBinaries.Find() is null && !await Docker.IsUsableAsync(cancellationToken))
            await KubernetesBuild.EnsureAsync(progress, cancellationToken);
    }

    /// <summary>A client with the administrator's rights. The caller disposes it.</summary>
    public Kubernetes CreateClient() => new(Configuration);

    /// <summary>A client with a bearer token instead: a person's, or a ServiceAccount's. The caller disposes it.</summary>
    public Kubernetes CreateClient(string token) => new(new KubernetesClientConfiguration
    {
        Host = Configuration.Host,
        SslCaCerts = Configuration.SslCaCerts,
        AccessToken = token,
    });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The last one started leans on those before it.
        foreach (var process in _processes.Reverse())
            await process.DisposeAsync();
        if (_throwAway is not null)
            Directory.Delete(_throwAway, recursive: true);
    }

    /// <summary>Somebody else starts it, perhaps at this moment.</summary>
    private static async Task<ControlPlane> UseAsync(string kubeconfigFile, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromMinutes(3);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (File.Exists(kubeconfigFile))
            {
                var cluster = new ControlPlane(kubeconfigFile, [], throwAway: null);
                using var client = cluster.CreateClient();
                if (await ControlPlaneLauncher.HasBuiltInRolesAsync(client, cancellationToken))
                    return cluster;
            }
            if (waited.Elapsed > limit)
                throw new SandboxException(
                    $"The cluster of {kubeconfigFile} did not answer its administrator within {limit.TotalMinutes:0} minutes; start it, or set {Variable} to another kubeconfig.");
            await Task.Delay(500, cancellationToken);
        }
    }
}

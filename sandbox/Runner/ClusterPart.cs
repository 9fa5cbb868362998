namespace Lapse.Sandbox.Runner;

/// <summary>The cluster, which comes up beside the portal and may take minutes the first time.</summary>
internal sealed class ClusterPart : IProgress<ClusterStatus>, IAsyncDisposable
{
    private readonly Settings _settings;
    private readonly ConsoleProgress _progress;
    private readonly Uri _server;
    private readonly string _authorityPem;
    private ControlPlane? _cluster;
    private Task _work = Task.CompletedTask;

    private ClusterPart(Settings settings, ConsoleProgress progress)
    {
        _settings = settings;
        _progress = progress;
        (_server, _authorityPem) = ControlPlane.Announce(settings.ClusterFolder, settings.ClusterPort);
    }

    /// <summary>Says where the cluster will be, and that it is on its way.</summary>
    public static ClusterPart Prepare(Settings settings, ConsoleProgress progress)
    {
        var part = new ClusterPart(settings, progress);
        part.Report(ClusterStatus.Starting("Starting", 0));
        return part;
    }

    /// <summary>Writes the status where the portal reads it, and says it here.</summary>
    public void Report(ClusterStatus value)
    {
        value.Write(_settings.ClusterStatusFile);
        _progress.Report(value);
    }

    /// <summary>Starts the control plane and fills it.</summary>
    public async Task<ControlPlane> StartAsync(CancellationToken cancellationToken)
    {
        var starting = StartControlPlaneAsync(cancellationToken);
        _work = starting;
        return await starting;
    }

    /// <summary>Registers the cluster with the portal once it is up. A failure is said and shown; the portal goes on.</summary>
    public Task JoinAsync(Task<ControlPlane> starting, PortalOptions portal, CancellationToken cancellationToken) =>
        _work = JoinCoreAsync(starting, portal, cancellationToken);

    /// <summary>Tells the portal about the cluster, the workflows and the catalogue.</summary>
    /// <param name="portal">The portal.</param>
    /// <param name="token">The portal's token for the cluster; <see langword="null"/> while there is none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task ApplyAsync(PortalOptions portal, string? token, CancellationToken cancellationToken)
    {
        var file = Path.Combine(portal.Folder, "configuration.json");
        SandboxConfiguration.Write(file, _cluster?.Server ?? _server, _cluster?.AuthorityPem ?? _authorityPem, token);
        await PortalProcess.RunAsync(portal, ["apply", "--file", file], cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _work;
        }
        catch (Exception)
        {
            // It was ended on its way, or has said already why it failed.
        }
        if (_cluster is null)
            return;
        await _cluster.DisposeAsync();
        ClusterStatus.Starting("Not running", 0).Write(_settings.ClusterStatusFile);
    }

    private async Task<ControlPlane> StartControlPlaneAsync(CancellationToken cancellationToken)
    {
        var options = new ControlPlaneOptions
        {
            DataFolder = _settings.ClusterFolder,
            Port = _settings.ClusterPort,
            Oidc = new OidcTrust(
                new UriBuilder("https", "localhost", _settings.ProviderHttpsPort).Uri,
                Path.Combine(_settings.ProviderFolder, "provider-ca.pem")),
            Progress = this,
        };
        _cluster = await ControlPlane.StartAsync(options, cancellationToken);
        await SandboxCluster.SeedAsync(_cluster, cancellationToken);
        return _cluster;
    }

    private async Task JoinCoreAsync(Task<ControlPlane> starting, PortalOptions portal, CancellationToken cancellationToken)
    {
        try
        {
            var cluster = await starting;
            var rights = await PortalProcess.RunAsync(portal, ["cluster-rights", SandboxCluster.Name], cancellationToken);
            await SandboxCluster.GrantPortalAsync(cluster, rights, cancellationToken);
            await ApplyAsync(portal, await SandboxCluster.PortalTokenAsync(cluster, cancellationToken), cancellationToken);
            Report(ClusterStatus.Ready);
            _progress.WriteResult($"cluster ready kubeconfig={cluster.KubeconfigFile}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Report(ClusterStatus.Failed(e.Message));
            _progress.Report($"lapse: The cluster did not start; the portal goes on without it. {e.Message}");
        }
    }
}

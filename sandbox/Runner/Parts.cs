namespace Lapse.Sandbox.Runner;

/// <summary>PostgreSQL, the provider and the portal: what people need to see something.</summary>
internal sealed class Parts(Settings settings, ConsoleProgress progress) : IAsyncDisposable
{
    private PostgresServer? _postgres;
    private IdentityProviderProcess? _provider;
    private PortalProcess? _portal;

    /// <summary>Starts all three and returns when the portal answers.</summary>
    /// <param name="cluster">What the portal is told about the cluster, which may still be on its way.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<PortalProcess> StartAsync(ClusterPart cluster, CancellationToken cancellationToken)
    {
        var provider = StartProviderAsync(cancellationToken);
        var postgres = StartPostgresAsync(cancellationToken);
        // Both are waited for even when one fails, so that both can be ended.
        await Task.WhenAll(provider, postgres);

        var folder = Path.Combine(settings.Data, "portal");
        Directory.CreateDirectory(folder);
        var options = new PortalOptions
        {
            Folder = folder,
            Port = settings.PortalPort,
            OwnerConnection = _postgres!.ConnectionString,
            PortalConnection = _postgres.For("lapse", "lapse_portal", DataFolder.Secret(Path.Combine(folder, "database-password"))),
            Provider = settings.Provider,
            ClusterStatusFile = settings.ClusterStatusFile,
        };
        PortalProcess.WriteEnvironment(options, Path.Combine(folder, "environment"));
        await PortalProcess.RunAsync(options, ["migrate"], cancellationToken);
        await cluster.ApplyAsync(options, token: null, cancellationToken);
        return _portal = await PortalProcess.StartAsync(options, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_portal is not null)
            await _portal.DisposeAsync();
        if (_provider is not null)
            await _provider.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
    }

    private async Task StartPostgresAsync(CancellationToken cancellationToken) =>
        _postgres = await PostgresServer.StartAsync(
            new PostgresOptions
            {
                DataFolder = Path.Combine(settings.Data, "postgres"),
                Port = settings.PostgresPort,
                MaxConnections = 100,
                Progress = progress,
            },
            cancellationToken);

    private async Task StartProviderAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.ProviderFolder);
        // The people are the person's to change, between runs and while it runs.
        if (!File.Exists(settings.PeopleFile))
            File.Copy(Path.Combine(Checkout.Root, "sandbox", "people.json"), settings.PeopleFile);
        _provider = await IdentityProviderProcess.StartAsync(
            new IdentityProviderOptions
            {
                Folder = settings.ProviderFolder,
                HttpPort = settings.ProviderPort,
                HttpsPort = settings.ProviderHttpsPort,
                PeopleFile = settings.PeopleFile,
                PortalUrls = [new UriBuilder("http", "localhost", settings.PortalPort).Uri.GetLeftPart(UriPartial.Authority)],
            },
            cancellationToken);
    }
}

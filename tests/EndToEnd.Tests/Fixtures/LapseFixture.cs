using k8s;
using k8s.Autorest;
using Lapse.Sandbox;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(Lapse.EndToEnd.Tests.Fixtures.LapseFixture))]

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>Everything real and together, once for the run: PostgreSQL, control plane, provider, portal and a Chromium.</summary>
public sealed class LapseFixture : IAsyncLifetime
{
    private const string ServingPassword = "lapse-test";

    // Kept after the run, so that a failure can be read up in the portal's log.
    private readonly string _folder = Path.Combine(Checkout.Root, "artifacts", "end-to-end");
    private PostgresServer _postgres = null!;
    private PortalOptions _options = null!;
    private IPlaywright _playwright = null!;
    private int _people;

    public IdentityProviderProcess Provider { get; private set; } = null!;

    public ControlPlane Cluster { get; private set; } = null!;

    public PortalProcess Portal { get; private set; } = null!;

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Where the proxy is that stands before several replicas, in the tests that have some.</summary>
    public Uri ProxyAddress { get; } = new($"http://localhost:{Ports.Free()}");

    /// <summary>Where the portal's metrics are.</summary>
    public Uri Metrics { get; } = new($"http://localhost:{Ports.Free()}/metrics");

    /// <summary>Takes the portal's traces and logs.</summary>
    public Collector Collector { get; private set; } = null!;

    /// <summary>A file that nobody else has.</summary>
    public string File(string name) => Path.Combine(_folder, $"{Guid.NewGuid():N}-{name}");

    /// <summary>Where the portal leaves its checkpoints.</summary>
    public string CheckpointFile => Path.Combine(_folder, "checkpoints", "ledger-checkpoint.json");

    /// <summary>Runs a verb with the portal's settings, as an operator does.</summary>
    /// <returns>What it said.</returns>
    /// <exception cref="SandboxException">Its exit code was not 0.</exception>
    public Task<string> RunAsync(params string[] arguments) => PortalProcess.RunAsync(_options, arguments, TestContext.Current.CancellationToken);

    /// <summary>What the portal wrote to its log so far; its own categories write everything.</summary>
    public Task<string> LogAsync() => System.IO.File.ReadAllTextAsync(Path.Combine(_folder, "portal", "portal.log"), TestContext.Current.CancellationToken);

    /// <summary>What must be in no log and in no span, whatever was done; tokens neither (<see cref="TokenText"/>).</summary>
    public IReadOnlyList<string> Secrets { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Collector = await Collector.StartAsync(cancellation);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        Directory.CreateDirectory(_folder);
        var portalPort = Ports.Free();
        Provider = await IdentityProviderProcess.StartAsync(new IdentityProviderOptions
        {
            Folder = Path.Combine(_folder, "provider"),
            PortalUrls = [$"http://localhost:{portalPort}", ProxyAddress.GetLeftPart(UriPartial.Authority)],
        }, cancellation);
        var cluster = ControlPlane.StartAsync(new ControlPlaneOptions { Oidc = new OidcTrust(Provider.Issuer, Provider.AuthorityFile) }, cancellation);
        _postgres = await PostgresServer.StartAsync(new PostgresOptions(), cancellation);
        var owner = await _postgres.CreateDatabaseAsync($"lapse_e2e_{Guid.NewGuid():N}", null, cancellation);
        var database = new Npgsql.NpgsqlConnectionStringBuilder(owner).Database!;
        var options = new PortalOptions
        {
            Folder = Path.Combine(_folder, "portal"),
            Port = portalPort,
            OwnerConnection = owner,
            PortalConnection = _postgres.For(database, "lapse_portal", ServingPassword),
            Provider = Provider.Address,
            Environment = new Dictionary<string, string?>
            {
                ["Lapse__MetricsUrl"] = Metrics.GetLeftPart(UriPartial.Authority),
                ["Lapse__CheckpointFolder"] = Directory.CreateDirectory(Path.Combine(_folder, "checkpoints")).FullName,
                ["Lapse__Provider__ClientSecret"] = "lapse-sandbox",
                // A page that is to end by itself is waited for.
                ["Lapse__SignInCheck"] = "00:00:01",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "500",
                ["OTEL_BLRP_SCHEDULE_DELAY"] = "500",
                ["Logging__LogLevel__Lapse"] = "Trace",
            },
        };
        // The client's secret, the passwords of both connections; every token, of people and of the cluster, begins as a JWT does.
        Secrets = ["lapse-sandbox", ServingPassword, new Npgsql.NpgsqlConnectionStringBuilder(owner).Password!];
        _options = options;
        Directory.CreateDirectory(options.Folder);
        await PortalProcess.RunAsync(options, ["migrate"], cancellation);
        Cluster = await cluster;
        await SandboxCluster.SeedAsync(Cluster, cancellation);
        await ApplyAsync(options, null, cancellation);
        var rights = await PortalProcess.RunAsync(options, ["cluster-rights", SandboxCluster.Name], cancellation);
        await SandboxCluster.GrantPortalAsync(Cluster, rights, cancellation);
        await ApplyAsync(options, await SandboxCluster.PortalTokenAsync(Cluster, cancellation), cancellation);
        Portal = await PortalProcess.StartAsync(options, cancellation);

        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Environment.GetEnvironmentVariable("LAPSE_CHROMIUM") is { Length: > 0 } path ? path : "/usr/bin/chromium",
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>
    /// Somebody new in these groups. Each test brings its own people: a one-time code counts once, so sharing people would
    /// make tests wait for each other.
    /// </summary>
    public SandboxPerson Person(string firstName, params string[] groups)
    {
        var userName = $"{firstName.ToLowerInvariant()}{Interlocked.Increment(ref _people)}";
        var secret = OtpNet.Base32Encoding.ToString(OtpNet.KeyGeneration.GenerateRandomKey(20));
        var person = new SandboxPerson(userName, $"{firstName} {_people}", $"{userName}@example.com", $"sub-{userName}", userName, secret, groups);
        Provider.Put(person);
        return person;
    }

    /// <summary>The person's own token for the cluster, as kubectl has it.</summary>
    public async Task<string> ClusterTokenAsync(SandboxPerson person)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var client = new ProviderClient(Provider);
        var token = await client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: cancellation);
        // The API server reads the provider's keys some seconds after its start; until then it knows nobody.
        using var cluster = Cluster.CreateClient(token);
        var deadline = DateTimeOffset.UtcNow.AddSeconds(60);
        while (!await IsKnownAsync(cluster, cancellation))
        {
            if (DateTimeOffset.UtcNow > deadline) throw new InvalidOperationException("The API server does not accept the provider's tokens.");
            await Task.Delay(500, cancellation);
        }
        return token;
    }

    /// <summary>A browser window of its own for a person, signed in at the portal.</summary>
    /// <param name="person">Who.</param>
    /// <param name="phone">Whether it is a small one.</param>
    /// <param name="dark">Whether the system is dark.</param>
    /// <param name="portal">Another portal than the run's own.</param>
    public async Task<Window> WindowAsync(SandboxPerson person, bool phone = false, bool dark = false, Uri? portal = null)
    {
        portal ??= Portal.Address;
        var context = await Browser.NewContextAsync(new()
        {
            BaseURL = portal.AbsoluteUri,
            ViewportSize = phone ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(30_000);
        var window = new Window(await context.NewPageAsync(), person, portal);
        await window.SignInAsync();
        return window;
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (Portal is not null) await Portal.DisposeAsync();
        if (Collector is not null) await Collector.DisposeAsync();
        if (Cluster is not null) await Cluster.DisposeAsync();
        if (Provider is not null) await Provider.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    private static async Task<bool> IsKnownAsync(Kubernetes cluster, CancellationToken cancellation)
    {
        try
        {
            await cluster.CoreV1.ListNamespacedPodAsync("dev", limit: 1, cancellationToken: cancellation);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.Unauthorized)
        {
            return false;
        }
    }

    /// <summary>Gives a portal the sandbox's configuration, with this cluster.</summary>
    public async Task ApplyAsync(PortalOptions options, string? token, CancellationToken cancellation)
    {
        var file = Path.Combine(options.Folder, "configuration.json");
        SandboxConfiguration.Write(file, Cluster.Server, Cluster.AuthorityPem, token);
        await PortalProcess.RunAsync(options, ["apply", "--file", file], cancellation);
    }
}

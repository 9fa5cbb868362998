using System.Diagnostics;
using System.Globalization;
using Lapse.Sandbox;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Xunit;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>Three portals on a database of their own, behind a proxy that keeps a browser at one of them as long as that one is there.</summary>
public sealed class Replicas(LapseFixture lapse) : IAsyncLifetime
{
    private const string Header = "X-Replica";

    private readonly string _folder = Path.Combine(Checkout.Root, "artifacts", "end-to-end", "replicas");
    private readonly PortalProcess?[] _portals = new PortalProcess?[3];
    private readonly PortalOptions[] _options = new PortalOptions[3];
    private PostgresOptions _postgresOptions = null!;
    private PostgresServer _postgres = null!;
    private WebApplication _proxy = null!;

    public Uri Address => lapse.ProxyAddress;

    public async ValueTask InitializeAsync()
    {
        var cancellation = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(_folder);
        // To be killed, so never the one that the run shares.
        _postgresOptions = new() { Own = true, DataFolder = Path.Combine(_folder, "postgres"), Port = Ports.Free(), Database = "lapse_replicas" };
        _postgres = await PostgresServer.StartAsync(_postgresOptions, cancellation);
        for (var i = 0; i < _options.Length; i++)
        {
            _options[i] = new PortalOptions
            {
                Folder = Path.Combine(_folder, i.ToString(CultureInfo.InvariantCulture)),
                Port = Ports.Free(),
                OwnerConnection = _postgres.ConnectionString,
                PortalConnection = _postgres.For("lapse_replicas", "lapse_portal", "lapse-test"),
                Provider = lapse.Provider.Address,
                Environment = new Dictionary<string, string?>
                {
                    ["Lapse__PublicUrl"] = lapse.ProxyAddress.GetLeftPart(UriPartial.Authority),
                    ["Lapse__Keys"] = Path.Combine(_folder, "keys"),
                    ["Lapse__TrustedProxies__0"] = "127.0.0.1",
                    ["Lapse__TrustedProxies__1"] = "::1",
                    ["Lapse__LeaveNotice"] = "00:00:03",
                },
            };
            Directory.CreateDirectory(_options[i].Folder);
        }
        await PortalProcess.RunAsync(_options[0], ["migrate"], cancellation);
        await lapse.ApplyAsync(_options[0], await SandboxCluster.PortalTokenAsync(lapse.Cluster, cancellation), cancellation);
        await StartAsync();
        _proxy = await StartProxyAsync(cancellation);
    }

    /// <summary>Starts those that are not running, all at once.</summary>
    public async Task StartAsync() =>
        await Task.WhenAll(Enumerable.Range(0, _portals.Length).Where(i => _portals[i] is null).Select(async i => _portals[i] = await PortalProcess.StartAsync(_options[i], TestContext.Current.CancellationToken)));

    /// <summary>Which replica shows this page.</summary>
    public static async Task<int> OfAsync(Window window)
    {
        var answer = await window.Page.APIRequest.GetAsync("/health/live");
        return int.Parse(answer.Headers[Header.ToLowerInvariant()], CultureInfo.InvariantCulture);
    }

    /// <summary>Kills a replica as a machine that fails does.</summary>
    public async Task KillAsync(int replica)
    {
        using (var process = Process.GetProcessById(_portals[replica]!.Id)) process.Kill();
        await _portals[replica]!.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _portals[replica]!.DisposeAsync();
        _portals[replica] = null;
    }

    /// <summary>Tells a replica to stop, as Kubernetes does.</summary>
    /// <returns>Its exit code, once it has one.</returns>
    public async Task<int> TermAsync(int replica)
    {
        using (var kill = Process.Start("kill", ["-s", "TERM", _portals[replica]!.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        var code = await _portals[replica]!.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _portals[replica]!.DisposeAsync();
        _portals[replica] = null;
        return code;
    }

    /// <summary>What a replica itself says to an address.</summary>
    public async Task<(int Status, string Text)> AskAsync(int replica, string address)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await http.GetAsync(new Uri(_portals[replica]!.Address, address), TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async Task KillDatabaseAsync()
    {
        var file = Path.Combine(_postgresOptions.DataFolder!, "data", "postmaster.pid");
        var id = int.Parse((await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken))[0], CultureInfo.InvariantCulture);
        using (var postmaster = Process.GetProcessById(id)) postmaster.Kill();
        await _postgres.DisposeAsync();
    }

    public async Task StartDatabaseAsync() => _postgres = await PostgresServer.StartAsync(_postgresOptions, TestContext.Current.CancellationToken);

    /// <summary>The acts that the ledger has about a request and its grants, in order.</summary>
    public async Task<IReadOnlyList<string>> ActsAsync(string request)
    {
        await using var source = NpgsqlDataSource.Create(_postgres.ConnectionString);
        await using var command = source.CreateCommand("""
            SELECT act FROM ledger_entries WHERE subject = 'request:' || $1 OR subject IN (SELECT 'grant:' || id FROM grants WHERE request_id = $1::uuid) ORDER BY sequence
            """);
        command.Parameters.Add(new() { Value = request });
        List<string> acts = [];
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) acts.Add(reader.GetString(0));
        return acts;
    }

    /// <summary>What <c>lapse verify-ledger</c> says.</summary>
    public Task<string> VerifyAsync() => PortalProcess.RunAsync(_options[0], ["verify-ledger"], TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        foreach (var portal in _portals) if (portal is not null) await portal.DisposeAsync();
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    private async Task<WebApplication> StartProxyAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(lapse.ProxyAddress.GetLeftPart(UriPartial.Authority));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "lapse", Match = new() { Path = "{**all}" }, Transforms = [new Dictionary<string, string> { ["RequestHeaderOriginalHost"] = "true" }] }],
            [
                new ClusterConfig
                {
                    ClusterId = "lapse",
                    LoadBalancingPolicy = "RoundRobin",
                    // A browser whose replica is gone is sent to another.
                    SessionAffinity = new() { Enabled = true, Policy = "HashCookie", FailurePolicy = "Redistribute", AffinityKeyName = "replica" },
                    HealthCheck = new() { Active = new() { Enabled = true, Interval = TimeSpan.FromMilliseconds(300), Timeout = TimeSpan.FromSeconds(5), Policy = "ConsecutiveFailures", Path = "/health/live" }, AvailableDestinationsPolicy = "HealthyAndUnknown" },
                    Metadata = new Dictionary<string, string> { ["ConsecutiveFailuresHealthPolicy.Threshold"] = "1" },
                    Destinations = _options.Select((options, i) => (options, i)).ToDictionary(o => o.i.ToString(CultureInfo.InvariantCulture), o => new DestinationConfig { Address = $"http://localhost:{o.options.Port}" }),
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.UseSessionAffinity();
            pipeline.UseLoadBalancing();
            pipeline.Use((context, next) =>
            {
                context.Response.OnStarting(() =>
                {
                    if (context.Features.Get<IReverseProxyFeature>()?.ProxiedDestination is { } destination) context.Response.Headers[Header] = destination.DestinationId;
                    return Task.CompletedTask;
                });
                return next();
            });
        });
        await app.StartAsync(cancellation);
        return app;
    }
}

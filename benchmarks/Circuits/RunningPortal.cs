using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;

namespace Lapse.Benchmarks.Circuits;

/// <summary>The portal as a process of its own with provider and database, and a person who is signed in.</summary>
internal sealed class RunningPortal : IAsyncDisposable
{
    private readonly IdentityProviderProcess _provider;
    private readonly ScratchFolder _folder;
    private readonly string _socket;

    private RunningPortal(ScratchFolder folder, IdentityProviderProcess provider, PortalProcess portal, string socket)
    {
        (_folder, _provider, Portal, _socket) = (folder, provider, portal, socket);
        Http = new HttpClient(new SocketsHttpHandler { CookieContainer = Cookies, AllowAutoRedirect = false });
    }

    public PortalProcess Portal { get; }

    public CookieContainer Cookies { get; } = new();

    public HttpClient Http { get; }

    public static async Task<RunningPortal> StartAsync(Bench bench, CancellationToken cancellation)
    {
        var (folder, port) = (new ScratchFolder(), Ports.Free());
        var server = await bench.PostgresAsync(cancellation);
        var owner = await server.CreateDatabaseAsync($"lapse_benchmark_{Guid.NewGuid():N}", null, cancellation);
        var provider = await IdentityProviderProcess.StartAsync(new IdentityProviderOptions { Folder = Path.Combine(folder.Path, "provider"), PortalUrls = [$"http://localhost:{port}"] }, cancellation);
        var socket = Path.Combine(folder.Path, "memory");
        var options = new PortalOptions
        {
            Folder = Path.Combine(folder.Path, "portal"),
            Port = port,
            OwnerConnection = owner,
            PortalConnection = server.For(new Npgsql.NpgsqlConnectionStringBuilder(owner).Database!, "lapse_portal", "lapse-benchmark"),
            Provider = provider.Address,
        };
        Directory.CreateDirectory(options.Folder);
        await PortalProcess.RunAsync(options, ["migrate"], cancellation);
        await ApplyAsync(options, cancellation);
        var hooked = new Dictionary<string, string?> { ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location, [StartupHook.Variable] = socket };
        return new(folder, provider, await PortalProcess.StartAsync(options with { Environment = hooked }, cancellation), socket);
    }

    /// <summary>Signs somebody in, as a browser does.</summary>
    public async Task SignInAsync(SandboxPerson person, CancellationToken cancellation)
    {
        _provider.Put(person);
        using var leaving = await Http.GetAsync(new Uri(Portal.Address, "sign-in?returnUrl=%2F"), cancellation);
        using var browser = new ProviderBrowser(_provider.Address);
        var callback = await browser.SignInAsync(leaving.Headers.Location ?? throw new InvalidOperationException($"The portal did not lead to the provider: {leaving.StatusCode}."), person, cancellation);
        using var back = await Http.GetAsync(callback, cancellation);
        if (back.StatusCode != HttpStatusCode.Redirect) throw new InvalidOperationException($"The sign-in ended with {back.StatusCode}.");
    }

    /// <summary>What is managed after all garbage was collected, and what is resident then, in bytes.</summary>
    public async Task<(double Managed, double Resident)> MemoryAsync(CancellationToken cancellation)
    {
        using var asking = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await asking.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellation);
        var answer = new byte[64];
        var length = await asking.ReceiveAsync(answer, cancellation);
        var resident = File.ReadLines($"/proc/{Portal.Id}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return (long.Parse(Encoding.ASCII.GetString(answer, 0, length), CultureInfo.InvariantCulture), long.Parse(resident, CultureInfo.InvariantCulture) * 1024);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Portal.DisposeAsync();
        await _provider.DisposeAsync();
        _folder.Dispose();
    }

    // The sandbox's catalogue; its cluster need not answer for a page to stay open.
    private static async Task ApplyAsync(PortalOptions options, CancellationToken cancellation)
    {
        var file = Path.Combine(options.Folder, "configuration.json");
        var (server, authority) = ControlPlane.Announce(Path.Combine(options.Folder, "cluster"), Ports.Free());
        SandboxConfiguration.Write(file, server, authority, null);
        await PortalProcess.RunAsync(options, ["apply", "--file", file], cancellation);
    }
}

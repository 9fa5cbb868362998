using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Lapse.Sandbox.Tests;

/// <summary><c>./run.sh</c> as a new user runs it, past its build: everything starts, everything ends, and the data stays until <c>--fresh</c>.</summary>
public sealed class UpTests : IDisposable
{
    private static readonly string[] PortVariables = ["LAPSE_PORTAL_PORT", "LAPSE_PROVIDER_PORT", "LAPSE_PROVIDER_HTTPS_PORT", "LAPSE_POSTGRES_PORT", "LAPSE_CLUSTER_PORT"];

    private readonly Scratch _scratch = new();
    private readonly Dictionary<string, int> _ports = PortVariables.ToDictionary(name => name, _ => Ports.Free());

    private string Data => _scratch.File("data");

    private string People => Path.Combine(Data, "provider", "people.json");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Up_TwiceAndFresh_StartsAllAndLeavesNothingRunningAndKeepsItsDataUntilFresh()
    {
        string authority;
        using (var run = Start())
        {
            var portal = new Uri($"http://localhost:{_ports["LAPSE_PORTAL_PORT"]}/");
            Assert.Equal($"lapse ready portal={portal.GetLeftPart(UriPartial.Authority)} provider=http://localhost:{_ports["LAPSE_PROVIDER_PORT"]} data={Data}", await run.LineAsync());
            using (var http = new HttpClient())
                Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(portal, "health/ready"), Scratch.Token)).StatusCode);
            var cluster = await run.LineAsync();
            Assert.StartsWith("cluster ready kubeconfig=", cluster, StringComparison.Ordinal);
            authority = AuthorityIn(await File.ReadAllTextAsync(cluster["cluster ready kubeconfig=".Length..], Scratch.Token));
            await File.AppendAllTextAsync(People, "\n", Scratch.Token);

            using var second = Start();
            Assert.Equal((1, $"lapse: Lapse runs already with the data in {Data}; end that run, or set LAPSE_DATA and the ports to others."), await second.RefusalAsync());
            await EndAsync(run, "INT");
        }

        var people = await File.ReadAllTextAsync(People, Scratch.Token);
        using (var listener = new TcpListener(IPAddress.Loopback, _ports["LAPSE_PORTAL_PORT"]))
        {
            listener.Start();
            using var refused = Start("--fresh");
            var (code, said) = await refused.RefusalAsync();
            Assert.Equal(1, code);
            Assert.Matches($@"^lapse: Port {_ports["LAPSE_PORTAL_PORT"]} is in use \(by .+\); end that program, or set LAPSE_PORTAL_PORT to another port\.$", said);
            Assert.Equal(people, await File.ReadAllTextAsync(People, Scratch.Token));
        }

        using (var run = Start())
        {
            Assert.StartsWith("lapse ready ", await run.LineAsync(), StringComparison.Ordinal);
            Assert.Equal(people, await File.ReadAllTextAsync(People, Scratch.Token));
            Assert.Equal(authority, AuthorityIn(await File.ReadAllTextAsync((await run.LineAsync())["cluster ready kubeconfig=".Length..], Scratch.Token)));
            await EndAsync(run, "TERM");
        }

        using (var run = Start("--fresh"))
        {
            Assert.StartsWith("lapse ready ", await run.LineAsync(), StringComparison.Ordinal);
            Assert.NotEqual(people, await File.ReadAllTextAsync(People, Scratch.Token));
            // Ended in the middle of the cluster's start.
            await EndAsync(run, "INT");
        }
    }

    private Run Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.Built("sandbox/Runner", "lapse-sandbox.dll"), "up", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LAPSE_DATA"] = Data;
        foreach (var (name, port) in _ports) start.Environment[name] = port.ToString(CultureInfo.InvariantCulture);
        // Its own parts, whatever the tests beside it share.
        start.Environment.Remove(PostgresServer.Variable);
        start.Environment.Remove(ControlPlane.Variable);
        return new Run(Process.Start(start)!);
    }

    private async Task EndAsync(Run run, string signal)
    {
        await Tool.RunAsync("kill", ["-s", signal, run.Id.ToString(CultureInfo.InvariantCulture)], Scratch.Token);
        Assert.Equal((0, ""), await run.RestAsync());
        foreach (var (name, port) in _ports) await Scratch.UntilAsync(() => Ports.OwnerOf(port) is null, $"{name} is free again");
    }

    private static string AuthorityIn(string kubeconfig) =>
        kubeconfig.Split('\n').Single(line => line.Contains("certificate-authority-data:", StringComparison.Ordinal)).Trim();

    private sealed class Run : IDisposable
    {
        private readonly Process _process;
        private readonly Task<string> _errors;

        public Run(Process process)
        {
            _process = process;
            // Read all the time, so that it never waits for room.
            _errors = process.StandardError.ReadToEndAsync(Scratch.Token);
        }

        public int Id => _process.Id;

        public async Task<string> LineAsync() =>
            await _process.StandardOutput.ReadLineAsync(Scratch.Token) ?? throw new InvalidOperationException($"It ended: {await _errors}");

        public async Task<(int Code, string Output)> RestAsync()
        {
            var output = await _process.StandardOutput.ReadToEndAsync(Scratch.Token);
            await _process.WaitForExitAsync(Scratch.Token);
            return (_process.ExitCode, output);
        }

        public async Task<(int Code, string Said)> RefusalAsync()
        {
            var (code, output) = await RestAsync();
            Assert.Equal("", output);
            return (code, (await _errors).Trim());
        }

        public void Dispose()
        {
            // Whatever it started ends with it.
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}

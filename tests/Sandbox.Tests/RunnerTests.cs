using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class RunnerTests
{
    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public async Task Services_RunnerIsEnded_PostgresEndsToo(string signal)
    {
        using var scratch = new Scratch();
        var start = new ProcessStartInfo("dotnet", [Checkout.Built("sandbox/Runner", "lapse-sandbox.dll"), "services"])
        {
            RedirectStandardOutput = true,

            // A killed run cannot remove its throw-away data.
            Environment = { ["TMPDIR"] = scratch.Folder },
        };
        using var runner = Process.Start(start)!;
        var line = await runner.StandardOutput.ReadLineAsync(Scratch.Token);
        Assert.NotNull(line);
        Assert.Matches("^export LAPSE_POSTGRES='.+'$", line);
        var connection = line[(line.IndexOf('\'', StringComparison.Ordinal) + 1)..^1];
        var server = await ServerAsync(connection);
        Assert.True(Scratch.IsAlive(server));

        await Tool.RunAsync("kill", ["-s", signal, runner.Id.ToString(CultureInfo.InvariantCulture)], Scratch.Token);
        await runner.WaitForExitAsync(Scratch.Token);

        await Scratch.UntilAsync(() => !Scratch.IsAlive(server), "PostgreSQL has ended");
    }

    /// <summary>The process id of the server: the parent of the process that serves a connection (proc(5), status).</summary>
    private static async Task<int> ServerAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Scratch.Token);
        var parent = (await File.ReadAllLinesAsync($"/proc/{connection.ProcessID}/status", Scratch.Token))
            .Single(line => line.StartsWith("PPid:", StringComparison.Ordinal));
        return int.Parse(parent["PPid:".Length..], CultureInfo.InvariantCulture);
    }
}

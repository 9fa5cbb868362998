using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lapse.Infrastructure.Telemetry;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Telemetry;

/// <summary>What the handbook, the alert rules and the dashboard say of metrics is what the code has.</summary>
public sealed partial class MetricNamesTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    [Fact]
    public async Task Operations_EveryMetric_IsInItsTableWithItsAlert()
    {
        var table = Row().Matches(await ReadAsync("docs/operations.md")).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value.Trim());
        // The first of a row is what it is about; others may share it.
        var documented = Name().Matches(string.Join('\n', table.Keys)).Select(m => m.Value).ToHashSet();

        Assert.Equal(await NamesAsync(), documented.Order());
        Assert.All(table, row => Assert.NotEqual("", row.Value));
    }

    [Fact]
    public async Task Rules_UseOnlyMetricsThatExist() => await AssertKnownAsync((await ReadAsync("deploy/prometheus-rules.yaml")).Split('\n').Where(line => line.TrimStart().StartsWith("expr:", StringComparison.Ordinal)));

    [Fact]
    public async Task Dashboard_UsesOnlyMetricsThatExist()
    {
        using var dashboard = JsonDocument.Parse(await ReadAsync("deploy/grafana-dashboard.json"));
        var shown = dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!).ToList();

        await AssertKnownAsync(shown);
        Assert.All(await NamesAsync(), name => Assert.Contains(shown, expression => expression.Contains(name, StringComparison.Ordinal)));
    }

    private async Task AssertKnownAsync(IEnumerable<string> expressions)
    {
        var known = await NamesAsync();
        var used = expressions.SelectMany(e => Name().Matches(e).Select(m => Suffix().Replace(m.Value, ""))).Distinct().ToList();

        Assert.NotEmpty(used);
        Assert.All(used, name => Assert.Contains(name, known));
    }

    // As Prometheus names them: the unit and, for counters, “total” behind the name.
    private async Task<List<string>> NamesAsync()
    {
        HashSet<string> names = [];
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var replica = ReconcilerReplica.Create(Database);
        using var standing = new StandingMetrics(Database, new(Database.Serving), replica.Get<Lapse.Infrastructure.Reconciliation.ClusterConnections>(), services.GetRequiredService<IMeterFactory>(), replica.Get<Lapse.Infrastructure.Holds.HoldCheck>(), TimeProvider.System, NullLogger<StandingMetrics>.Instance);
        using var audit = new AuditMetrics(Database, services.GetRequiredService<IMeterFactory>(), TimeProvider.System, NullLogger<AuditMetrics>.Instance);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name != LapseMetrics.MeterName) return;
                var name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "") + (instrument is Counter<long> ? "_total" : "");
                lock (names) names.Add(name);
            },
        };
        RuntimeHelpers.RunClassConstructor(typeof(LapseMetrics).TypeHandle);
        listener.Start();
        return [.. names.Order()];
    }

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(Path.Combine(Checkout.Root, file), Cancellation);

    [GeneratedRegex(@"^\| (`lapse_[^|]+)\|[^|]+\|([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\blapse_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}

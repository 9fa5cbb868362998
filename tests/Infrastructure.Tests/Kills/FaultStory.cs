using System.Diagnostics;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Sandbox;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>Where a fault begins.</summary>
/// <param name="Step">The step after which it does; <see langword="null"/> for before the first one.</param>
/// <param name="Requests">How many requests of what comes next still get through: none is after the step and before the next, one is in the middle of the next.</param>
/// <param name="Fault">What it is.</param>
internal sealed record FaultPoint(string? Step, int Requests, ClusterFault Fault)
{
    public override string ToString() => $"{Fault} {(Requests == 0 ? "after" : "amid what follows")} {Step ?? "the approval"}";
}

/// <summary>What came of it.</summary>
/// <param name="Point">The fault.</param>
/// <param name="Problems">Everything that is not as it must be.</param>
/// <param name="Struck">Whether the fault met any request that mattered.</param>
/// <param name="GoneAfter">From when the access should have been gone, or the fault was over if that was later, until an administrator saw it gone.</param>
internal sealed record FaultResult(FaultPoint Point, IReadOnlyList<string> Problems, bool Struck, TimeSpan? GoneAfter);

/// <summary>
/// One replica, and for each fault a cluster of its own: a relay before the real API server that behaves as the fault says for a
/// while, from a step of the grant's life on.
/// </summary>
internal sealed class FaultStory : IAsyncDisposable
{
    private static readonly TimeSpan Settled = Grant.CreateSettles + TimeSpan.FromSeconds(5);

    private readonly FaultPoint _point;
    private readonly TimeSpan _lasts;
    private readonly DenyingRelay _relay;
    private readonly BindingSight _sight;
    private readonly ActivityListener _listener;
    private readonly string _place;
    private CancellationTokenSource _watches = new();
    private Grant _grant = null!;
    private int _left;
    private int _armed;
    private volatile bool _on;
    private volatile bool _proved;
    private volatile bool _struck;
    private DateTimeOffset _overAt;

    private FaultStory(FaultPoint point, TimeSpan lasts, DenyingRelay relay, BindingSight sight, string place)
    {
        (_point, _lasts, _relay, _sight, _place) = (point, lasts, relay, sight, place);
        _relay.Denies = false;
        _relay.Instead = MeetAsync;
        _relay.LosesAnswer = context => _on && _point.Fault == ClusterFault.LosesAnswers && Matters(context);
        _listener = new()
        {
            ShouldListenTo = source => source.Name == ReconciliationSteps.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem(ReconciliationSteps.GrantTag) as string != _grant?.Id.ToString()) return;
                if (activity.OperationName == ReconciliationSteps.Prove) _proved = true;
                if (activity.OperationName == _point.Step) Arm();
            },
        };
    }

    /// <summary>The steps of a life without trouble after which a fault may begin.</summary>
    public static IReadOnlyList<string?> Steps { get; } =
    [
        null, ReconciliationSteps.Check, ReconciliationSteps.Prepare, ReconciliationSteps.Create, ReconciliationSteps.Verify, ReconciliationSteps.Activate,
        ReconciliationSteps.End, ReconciliationSteps.Delete, ReconciliationSteps.Prove,
    ];

    /// <summary>Plays all faults beside each other.</summary>
    /// <param name="points">The faults.</param>
    /// <param name="lasts">How long each lasts.</param>
    /// <param name="duration">How long the access lasts.</param>
    /// <param name="database">A database for all.</param>
    /// <param name="controlPlane">The cluster.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<IReadOnlyList<FaultResult>> RunAsync(
        IReadOnlyList<FaultPoint> points, TimeSpan lasts, TimeSpan duration, TestDatabase database, ControlPlane controlPlane, CancellationToken cancellation)
    {
        var address = KubeconfigReader.Read(await File.ReadAllTextAsync(controlPlane.KubeconfigFile, cancellation)).Value;
        using var client = controlPlane.CreateClient();
        using var api = new ClusterApi(new(address, new() { AllowLoopback = true }), TimeProvider.System);
        var rules = (await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, cancellation)).Value;
        List<FaultStory> told = [];
        try
        {
            var story = await Story.BeginAsync(database, address, cancellation);
            foreach (var point in points)
            {
                var place = (await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { GenerateName = "fault-" } }, cancellationToken: cancellation)).Metadata.Name;
                var one = new FaultStory(point, lasts, await DenyingRelay.StartAsync(address), new BindingSight(client, place), place);
                told.Add(one);
                var cluster = await story.RegisterAsync(one._relay.Address, cancellation);
                var entry = await story.EntryAsync([place], cancellation, cluster: cluster);
                one._grant = (await story.ApprovedAsync(entry, rules, cancellation, duration)).Grants[0];
                ActivitySource.AddActivityListener(one._listener);
                if (point.Step is null) one.Arm();
            }
            var clock = new ShiftedClock();
            await using var replica = await ReconcilerReplica.StartAsync(
                database, new ReconciliationOptions { LongestBackoff = TimeSpan.FromSeconds(1), RecoveryInterval = TimeSpan.FromMilliseconds(500) }, clock, new OutboundOptions { AllowLoopback = true, RequestTimeout = TimeSpan.FromSeconds(2) });
            // Made anew only after none of the first attempt can be on its way.
            var deadline = DateTimeOffset.UtcNow + lasts + duration + Settled + TimeSpan.FromSeconds(60);
            while (!(await Task.WhenAll(told.Select(one => one.IsGoneAsync(database, cancellation)))).All(gone => gone) && DateTimeOffset.UtcNow < deadline) await Task.Delay(50, cancellation);
            // What is left waits until no create can be on its way any more.
            clock.Advance(Settled);
            deadline = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(30);
            while ((await Task.WhenAll(told.Select(one => one.ReadAsync(database, cancellation)))).Any(grant => !grant.IsOver) && DateTimeOffset.UtcNow < deadline) await Task.Delay(50, cancellation);
            var verification = await new LedgerVerifier(database).VerifyAsync(null, cancellation);
            List<FaultResult> results = [];
            foreach (var one in told) results.Add(await one.JudgeAsync(database, api, verification, cancellation));
            return results;
        }
        finally
        {
            foreach (var one in told)
            {
                await one.DisposeAsync();
                await client.CoreV1.DeleteNamespaceAsync(one._place, cancellationToken: CancellationToken.None);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _watches.CancelAsync();
        await _relay.DisposeAsync();
        await _sight.DisposeAsync();
        _watches.Dispose();
    }

    private void Arm()
    {
        if (Interlocked.Exchange(ref _armed, 1) == 1) return;
        _left = _point.Requests;
        if (_left == 0) Begin();
    }

    private void Begin()
    {
        _on = true;
        var watches = Interlocked.Exchange(ref _watches, new());
        watches.Cancel();
        _ = Task.Delay(_lasts).ContinueWith(_ => (_overAt, _on) = (DateTimeOffset.UtcNow, false), TaskScheduler.Default);
    }

    private async Task<bool> MeetAsync(HttpContext context)
    {
        if (context.Request.Query.ContainsKey("watch") && !_on)
        {
            // Cut with the beginning of the fault.
            var stop = _watches.Token.Register(context.Abort);
            context.Response.OnCompleted(() =>
            {
                stop.Dispose();
                return Task.CompletedTask;
            });
            return false;
        }
        if (_armed == 1 && !_on && _overAt == default && Matters(context) && Interlocked.Decrement(ref _left) < 0) Begin();
        if (!_on) return false;
        if (Matters(context)) _struck = true;
        return await _point.Fault.MeetAsync(context);
    }

    // Not what looks at the cluster's health beside it.
    private static bool Matters(HttpContext context) =>
        context.Request.Path.Value is { } path && !path.StartsWith("/version", StringComparison.Ordinal) && !path.EndsWith("/selfsubjectaccessreviews", StringComparison.Ordinal) && !path.Contains("/leases/", StringComparison.Ordinal)
        && !context.Request.Query.ContainsKey("watch");

    private async Task<bool> IsGoneAsync(TestDatabase database, CancellationToken cancellation) =>
        await ReadAsync(database, cancellation) is var now && (now.IsOver || (now.Status == GrantStatus.Revoking && _proved && !_on && _sight.Seen.All(binding => binding.GoneAt is not null)));

    private async Task<Grant> ReadAsync(TestDatabase database, CancellationToken cancellation)
    {
        await using var db = database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == _grant.Id, cancellation);
    }

    private async Task<FaultResult> JudgeAsync(TestDatabase database, ClusterApi api, LedgerVerification verification, CancellationToken cancellation)
    {
        List<string> problems = [];
        var over = await ReadAsync(database, cancellation);
        var seen = _sight.Seen;
        await using var db = database.CreateDbContext();
        var subject = LedgerSubject.Of(over.Id);
        var said = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).Select(e => new { e.Act, e.Content }).ToListAsync(cancellation);
        var alerts = said.Where(e => e.Act == LedgerActs.Alert).Select(e => JsonNode.Parse(e.Content)![Alerts.Kind]!.GetValue<string>()).ToList();
        var acts = said.Select(e => e.Act).Where(act => act != LedgerActs.Alert).ToList();
        var prepared = acts.TakeWhile(act => act == LedgerActs.GrantPrepared).Count();
        // What did not become usable in time is taken back and made anew; an end that is late for a minute is an alarm, and so is a binding past its signed end. Nothing shorter is either.
        var outlasts = _lasts >= Grant.UsableWithin;
        Must(await api.GetBindingAsync(BindingKeys.NameOf(over.Id), over.Namespace, cancellation) is GetBindingResult.NotFound, "A binding is left.");
        Must(over is { Status: GrantStatus.Ended, EndReason: EndReason.Expired }, $"It is {over.Status}, {over.EndReason}, {over.FailureReason}, “{over.LastError}”.");
        Must(seen.Count >= 1 && seen.Count <= (outlasts ? prepared : 1) && seen[^1].Uid == over.BindingUid, $"{seen.Count} bindings were made.");
        Must(seen.Zip(seen.Skip(1)).All(pair => pair.First.GoneAt <= pair.Second.AppearedAt), "Two bindings were there at once.");
        Must(prepared >= 1 && prepared <= (outlasts ? 2 : 1) && acts.Skip(prepared).SequenceEqual([LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded]), $"The ledger says {string.Join(", ", acts)}.");
        Must(alerts.TrueForAll(kind => outlasts && (kind is "Overdue" or ActiveEnd.OutlivedAlert)), $"Alerts: {string.Join(", ", alerts)}.");
        // Never longer than the signature, even if it became usable in the last moment.
        var ends = over.UsableAt + over.Duration;
        Must(over.EndsAt == (ends > over.NotAfter ? over.NotAfter : ends), $"Usable {over.UsableAt:O}, ends {over.EndsAt:O}, not after {over.NotAfter:O}.");
        Must(seen.Count > 0 && seen[^1].GoneAt >= over.EndsAt, "Access was taken before its time.");
        Must(verification.IsIntact, verification.Message);
        Must(_armed == 1, "The fault never came.");
        var should = over.EndsAt is { } wanted ? (wanted > _overAt ? wanted : _overAt) : (DateTimeOffset?)null;
        return new(_point, problems, _struck, seen.Count > 0 && seen[^1].GoneAt is { } gone && should is { } due ? (gone > due ? gone - due : TimeSpan.Zero) : null);

        void Must(bool holds, string otherwise)
        {
            if (!holds) problems.Add(otherwise);
        }
    }
}

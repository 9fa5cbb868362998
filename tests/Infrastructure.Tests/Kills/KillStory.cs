using System.Text;
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
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>A grant's life in which the portal is killed.</summary>
/// <param name="Kills">One after the other; after the last one the portal lives on.</param>
internal sealed record KillPlan(params Kill[] Kills)
{
    /// <summary>The kills after an admin wants a standing binding back that was removed before; only where that is played.</summary>
    public Kill[] Restoring { get; init; } = [];

    /// <summary>The role that is asked for.</summary>
    public string Role { get; init; } = "edit";

    /// <summary>Whether the access comes about, and ends; otherwise it fails.</summary>
    public bool ComesAbout { get; init; } = true;

    /// <summary>How long the access lasts.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How far ahead the clock of the last life is.</summary>
    public TimeSpan AheadAtLast { get; init; }

    /// <summary>How often the binding may be announced: once more if the first try is discarded.</summary>
    public int Announcements { get; init; } = 1;

    public override string ToString() => Words(kill => kill.ToString());

    /// <summary>Where somebody is killed, each kill in words.</summary>
    public string Words(Func<Kill, string> word)
    {
        string[] parts = [.. Kills.Length > 0 ? [Then(Kills)] : Array.Empty<string>(), .. Restoring.Length > 0 ? [$"while it comes back: {Then(Restoring)}"] : Array.Empty<string>()];
        return parts.Length > 0 ? string.Join("; ", parts) : "nobody is killed";

        string Then(Kill[] kills) => string.Join(", then ", kills.Select(word));
    }
}

/// <summary>What came of it.</summary>
/// <param name="Plan">What was done.</param>
/// <param name="Problems">Everything that is not as it must be; empty if the outcome is right.</param>
/// <param name="Steps">The steps that ended, in all lives, with those after which it was killed.</param>
/// <param name="UsableAfter">From the start of the life that brought it about, or the approval, until it was usable; <see langword="null"/> if that is not what was waited for.</param>
/// <param name="GoneAfter">From when it should have been gone, or the last start if that was later, until an administrator saw it gone.</param>
internal sealed record KillResult(KillPlan Plan, IReadOnlyList<string> Problems, IReadOnlyList<string> Steps, TimeSpan? UsableAfter, TimeSpan? GoneAfter);

/// <summary>Plays a plan against a real database and a real cluster, and judges the outcome with other eyes than Lapse's.</summary>
internal sealed class KillStory
{
    // More than a create without an answer is waited for.
    private static readonly TimeSpan Settled = Grant.CreateSettles + TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly KillPlan _plan;
    private readonly TestDatabase _database;
    private readonly List<string> _problems = [];
    private readonly List<string> _steps = [];
    private readonly List<(DateTimeOffset At, TimeSpan Ahead)> _lives = [];

    private KillStory(KillPlan plan, TestDatabase database) => (_plan, _database) = (plan, database);

    /// <summary>Plays it.</summary>
    public static async Task<KillResult> RunAsync(KillPlan plan, TestDatabase database, ControlPlane controlPlane, CancellationToken cancellation)
    {
        var told = new KillStory(plan, database);
        var address = KubeconfigReader.Read(await File.ReadAllTextAsync(controlPlane.KubeconfigFile, cancellation)).Value;
        using var client = controlPlane.CreateClient();
        using var api = new ClusterApi(new(address, new() { AllowLoopback = true }), TimeProvider.System);
        var place = (await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { GenerateName = "kill-" } }, cancellationToken: cancellation)).Metadata.Name;
        try
        {
            await using var sight = new BindingSight(client, place);
            var story = await Story.BeginAsync(database, address, cancellation);
            var entry = await story.EntryAsync([place], cancellation, plan.Role);
            var rules = (await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, cancellation)).Value;
            var grant = (await story.ApprovedAsync(entry, rules, cancellation, plan.Duration)).Grants[0];
            return await told.PlayAsync(grant, api, sight, cancellation);
        }
        finally
        {
            await client.CoreV1.DeleteNamespaceAsync(place, cancellationToken: CancellationToken.None);
        }
    }

    private async Task<KillResult> PlayAsync(Grant grant, ClusterApi api, BindingSight sight, CancellationToken cancellation)
    {
        foreach (var kill in _plan.Kills) await DieAsync(kill, grant, api, cancellation);
        using var last = MortalProcess.Start(_database, null, _plan.AheadAtLast);
        _lives.Add((last.StartedAt, _plan.AheadAtLast));
        var over = await UntilOverAsync(last, grant, sight, cancellation);
        // What the rows say is there before the replica has said which step it ended; whose steps are points has to say them all.
        for (var deadline = DateTimeOffset.UtcNow + Patience; _plan.Kills.Length == 0 && !(last.Steps.Contains(ReconciliationSteps.Finish) && last.Steps[^1] == ReconciliationSteps.Pass) && DateTimeOffset.UtcNow < deadline;)
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellation);
        _steps.AddRange(last.Steps);
        await JudgeAsync(over, api, sight, cancellation);

        // Read by the clock of the life that recorded it.
        var usable = over.UsableAt is { } at && _lives.FindLast(life => life.At + life.Ahead <= at) is var life ? at - Later(life.At + life.Ahead, over.CreatedAt) : (TimeSpan?)null;
        var seen = sight.Seen.Count > 0 ? sight.Seen[^1] : null;
        var gone = seen?.GoneAt is { } went && over.EndsAt is { } ends ? Later(went - Later(ends - _plan.AheadAtLast, went < last.StartedAt ? ends - _plan.AheadAtLast : last.StartedAt), TimeSpan.Zero) : (TimeSpan?)null;
        return new(_plan, _problems, _steps, usable, gone);
    }

    private async Task DieAsync(Kill kill, Grant grant, ClusterApi api, CancellationToken cancellation)
    {
        using var mortal = MortalProcess.Start(_database, kill, kill.Ahead);
        _lives.Add((mortal.StartedAt, kill.Ahead));
        if (await mortal.DieAtAsync(kill, Patience, cancellation) is { } problem) _problems.Add(problem);
        _steps.AddRange(mortal.Steps);
        _steps.Add(kill.Point);
        await NoAccessWithoutRecordAsync(kill, grant, api, cancellation);
        if (!kill.DownUntilTheEnd) return;
        var ends = (await ReadAsync(grant, cancellation)).EndsAt ?? throw new InvalidOperationException("A grant that never began has no end to wait for.");
        if (ends - DateTimeOffset.UtcNow is { Ticks: > 0 } left) await Task.Delay(left + TimeSpan.FromMilliseconds(200), cancellation);
    }

    // While nobody is there to put it right.
    private async Task NoAccessWithoutRecordAsync(Kill kill, Grant grant, ClusterApi api, CancellationToken cancellation)
    {
        var now = await ReadAsync(grant, cancellation);
        if (await api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, cancellation) is not GetBindingResult.Found { Binding: var found }) return;
        if (now.IsOver) _problems.Add($"After {kill} a binding is there whose grant is said to be over.");
        if (now.Signature is null || found.Annotations.GetValueOrDefault(BindingKeys.Signature) != now.Signature) _problems.Add($"After {kill} a binding is there that was not recorded before.");
        if (now.BindingUid is { } uid && uid != found.Uid) _problems.Add($"After {kill} another binding is there than the one recorded.");
    }

    private async Task<Grant> UntilOverAsync(MortalProcess last, Grant grant, BindingSight sight, CancellationToken cancellation)
    {
        var deadline = DateTimeOffset.UtcNow + Patience;
        var advanced = false;
        while (true)
        {
            var now = await ReadAsync(grant, cancellation);
            if (now.IsOver)
            {
                // The watch tells a moment later.
                while (sight.Seen.Any(binding => binding.GoneAt is null) && DateTimeOffset.UtcNow < deadline) await Task.Delay(20, cancellation);
                return now;
            }
            // The access is gone; only the record waits until nothing can be on its way any more.
            if (!advanced && now is { Status: GrantStatus.Revoking, InFlightUntil: not null } && sight.Seen.All(binding => binding.GoneAt is not null) && last.Steps.Contains("revoke.prove"))
            {
                await last.AdvanceAsync(Settled);
                advanced = true;
            }
            if (DateTimeOffset.UtcNow > deadline)
            {
                _problems.Add($"It was never over, but {now.Status} with “{now.LastError}” after {string.Join(", ", last.Steps)}. {last.Errors}");
                return now;
            }
            await Task.Delay(20, cancellation);
        }
    }

    private async Task JudgeAsync(Grant over, ClusterApi api, BindingSight sight, CancellationToken cancellation)
    {
        var seen = sight.Seen;
        await using var db = _database.CreateDbContext();
        var subject = LedgerSubject.Of(over.Id);
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(cancellation);
        string[] announced = [.. entries.Where(e => e.Act == LedgerActs.GrantPrepared).Select(e => JsonNode.Parse(Encoding.UTF8.GetString(e.Content))!["signature"]!.GetValue<string>())];

        Must(await api.GetBindingAsync(BindingKeys.NameOf(over.Id), over.Namespace, cancellation) is GetBindingResult.NotFound, "A binding is left.");
        Must(seen.All(binding => binding.GoneAt is not null), "A binding is left, as the watch saw it.");
        Must(seen.All(binding => announced.Contains(binding.Signature)), "A binding was made that the ledger had not announced.");
        // On a machine so slow that a minute passed between two lives, the first try is rightly taken back and made anew.
        var slow = _lives[^1].At - _lives[0].At > Grant.UsableWithin / 2;
        var announcements = slow && announced.Length > 0 ? announced.Length : _plan.Announcements;
        Must(_plan.ComesAbout ? seen.Count == 1 || (slow && seen.Count <= announced.Length) : seen.Count == 0, $"{seen.Count} bindings were made.");
        Must(seen.Zip(seen.Skip(1)).All(pair => pair.First.GoneAt <= pair.Second.AppearedAt), "A binding was made while another was there.");
        Must(entries.All(e => e.Act != LedgerActs.Alert), "There is an alert.");
        string[] acts = _plan.ComesAbout
            ? [.. Enumerable.Repeat(LedgerActs.GrantPrepared, announcements), LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded]
            : [LedgerActs.GrantRevoking, LedgerActs.GrantFailed];
        Must(entries.Select(e => e.Act).SequenceEqual(acts), $"The ledger says {string.Join(", ", entries.Select(e => e.Act))}.");
        var verification = await new LedgerVerifier(_database).VerifyAsync(null, cancellation);
        Must(verification.IsIntact, verification.Message);
        Must((await db.AccessRequests.AsNoTracking().SingleAsync(cancellation)).OpenKey is null, "The request still counts as open.");
        Must(over.LeaseOwner is null && over.DueAt is null, "Somebody still holds it.");
        if (!_plan.ComesAbout)
        {
            Must(over.Status == GrantStatus.Failed, $"It is {over.Status}.");
            return;
        }
        Must(over is { Status: GrantStatus.Ended, EndReason: EndReason.Expired }, $"It is {over.Status}, {over.EndReason}.");
        Must(seen.Count == 0 || seen[^1].Uid == over.BindingUid, "The UID that was recorded is not that of the binding.");
        Must(over.EndsAt == over.UsableAt + over.Duration && over.EndsAt <= over.NotAfter, $"Usable {over.UsableAt:O}, ends {over.EndsAt:O}, not after {over.NotAfter:O}.");
        Must(over.EndedAt >= over.EndsAt, "It ended early.");
        // It is seen to go after it went.
        Must(seen.Count == 0 || seen[^1].GoneAt + _plan.AheadAtLast >= over.EndsAt, "Access was taken before its time.");
    }

    private void Must(bool holds, string otherwise)
    {
        if (!holds) _problems.Add(otherwise);
    }

    private async Task<Grant> ReadAsync(Grant grant, CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, cancellation);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

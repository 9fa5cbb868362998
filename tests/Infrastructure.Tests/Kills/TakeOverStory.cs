using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>An active access is extended, and the portal is killed while the extension takes over from it; judged with other eyes than Lapse's.</summary>
internal sealed class TakeOverStory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(30);

    private readonly KillPlan _plan;
    private readonly TestDatabase _database;
    private readonly ClusterApi _api;
    private readonly List<string> _problems = [];
    private readonly List<string> _steps = [];

    private TakeOverStory(KillPlan plan, TestDatabase database, ClusterApi api) => (_plan, _database, _api) = (plan, database, api);

    /// <summary>Plays it.</summary>
    /// <returns>What came of it: until the extension was usable from its approval or the last start, and until the old access was gone from then.</returns>
    public static async Task<KillResult> RunAsync(KillPlan plan, TestDatabase database, ControlPlane controlPlane, CancellationToken cancellation)
    {
        var address = KubeconfigReader.Read(await File.ReadAllTextAsync(controlPlane.KubeconfigFile, cancellation)).Value;
        using var client = controlPlane.CreateClient();
        using var api = new ClusterApi(new(address, new() { AllowLoopback = true }), TimeProvider.System);
        var place = (await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { GenerateName = "takeover-" } }, cancellationToken: cancellation)).Metadata.Name;
        try
        {
            await using var sight = new BindingSight(client, place);
            var told = new TakeOverStory(plan, database, api);
            var story = await Story.BeginAsync(database, address, cancellation);
            var entry = await story.EntryAsync([place], cancellation);
            var rules = (await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, cancellation)).Value;
            var old = (await story.ApprovedAsync(entry, rules, cancellation, Long)).Grants[0];
            await using (await ReconcilerReplica.StartAsync(database)) await told.UntilAsync(old, grant => grant.Status == GrantStatus.Active, "The access never began", cancellation);
            var extension = (await story.ApprovedAsync(entry, rules, cancellation, Long, extends: old.RequestId)).Grants[0];
            return await told.PlayAsync(old, extension, place, sight, cancellation);
        }
        finally
        {
            await client.CoreV1.DeleteNamespaceAsync(place, cancellationToken: CancellationToken.None);
        }
    }

    private async Task<KillResult> PlayAsync(Grant old, Grant extension, string place, BindingSight sight, CancellationToken cancellation)
    {
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var looks = LookAllTheTimeAsync(place, watching.Token);
        foreach (var kill in _plan.Kills)
        {
            using var mortal = MortalProcess.Start(_database, kill, kill.Ahead);
            if (await mortal.DieAtAsync(kill, Patience, cancellation) is { } problem) _problems.Add(problem);
            _steps.AddRange(mortal.Steps);
            _steps.Add(kill.Point);
            await NeverWithoutAsync(kill, old, extension, cancellation);
        }
        using var last = MortalProcess.Start(_database, null, TimeSpan.Zero);
        var active = await UntilAsync(extension, grant => grant.Status is GrantStatus.Active || grant.IsOver, "The extension never began", cancellation);
        var ended = await UntilAsync(old, grant => grant.IsOver, "The old access never ended", cancellation);
        // What the rows say is there before the replica has said which step it ended, and before the watch tells.
        for (var deadline = DateTimeOffset.UtcNow + Patience; DateTimeOffset.UtcNow < deadline && (sight.Seen[0].GoneAt is null || (_plan.Kills.Length == 0 && !last.Steps.Contains(ReconciliationSteps.Finish)));)
            await Task.Delay(20, cancellation);
        await watching.CancelAsync();
        _steps.AddRange(last.Steps);
        var (asked, denied) = await looks;
        Must(asked > 5 && denied == 0, $"Of {asked} questions whether the person may still do it {denied} were denied.");
        await JudgeAsync(ended, active, sight, cancellation);
        var since = active.UsableAt is { } usable ? Later(usable, last.StartedAt) : last.StartedAt;
        return new(_plan, _problems, _steps, active.UsableAt is { } at && at >= last.StartedAt ? at - Later(last.StartedAt, active.CreatedAt) : null, sight.Seen[0].GoneAt is { } gone ? Later(gone, since) - since : null);
    }

    // While nobody is there to put it right.
    private async Task NeverWithoutAsync(Kill kill, Grant old, Grant extension, CancellationToken cancellation)
    {
        var (before, after) = (await ReadAsync(old, cancellation), await ReadAsync(extension, cancellation));
        Must((before.Status == GrantStatus.Active) == (after.Status != GrantStatus.Active), $"After {kill} the old access is {before.Status} and the extension {after.Status}.");
        Must(before.Status == GrantStatus.Active || before.EndReason == EndReason.Superseded, $"After {kill} the old access ends as {before.EndReason}.");
        var there = await IsThereAsync(before.Status == GrantStatus.Active ? before : after, cancellation);
        Must(there, $"After {kill} the binding of the access that counts is not there.");
    }

    private async Task JudgeAsync(Grant old, Grant extension, BindingSight sight, CancellationToken cancellation)
    {
        Must(old is { Status: GrantStatus.Ended, EndReason: EndReason.Superseded, LeaseOwner: null, DueAt: null }, $"The old access is {old.Status}, {old.EndReason}, and somebody may still hold it.");
        Must(extension.Status == GrantStatus.Active && extension.EndsAt == extension.UsableAt + Long, $"The extension is {extension.Status}, from {extension.UsableAt:O} to {extension.EndsAt:O}.");
        Must(old.RevokingSince == extension.UsableAt, "The old access did not begin to end at the moment when the extension was usable.");
        Must(!await IsThereAsync(old, cancellation) && await IsThereAsync(extension, cancellation), "The bindings that are there are not those that must be.");
        var seen = sight.Seen;
        Must(seen.Count == 2 && seen[0].Uid == old.BindingUid && seen[1].Uid == extension.BindingUid && seen[1].GoneAt is null, $"{seen.Count} bindings were made, or others than those recorded.");
        Must(seen.Count < 2 || seen[0].GoneAt >= seen[1].AppearedAt, "The old binding went before the new one was there.");

        await using var db = _database.CreateDbContext();
        Must((await ActsAsync(db, old, cancellation)).SequenceEqual([LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded]), "The ledger does not say of the old access what it must.");
        Must((await ActsAsync(db, extension, cancellation)).SequenceEqual([LedgerActs.GrantPrepared, LedgerActs.GrantActive]), "The ledger does not say of the extension what it must.");
        var keys = await db.AccessRequests.AsNoTracking().ToDictionaryAsync(request => request.Id, request => request.OpenKey, cancellation);
        Must(keys[old.RequestId] is null && keys[extension.RequestId] is { } key && key != OpenKeys.OfExtension(old.RequestId), "The extension does not hold the key of what was asked for.");
        var verification = await new LedgerVerifier(_database).VerifyAsync(null, cancellation);
        Must(verification.IsIntact, verification.Message);
    }

    private static Task<List<string>> ActsAsync(PortalDbContext db, Grant grant, CancellationToken cancellation)
    {
        var subject = LedgerSubject.Of(grant.Id);
        return db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).Select(e => e.Act).ToListAsync(cancellation);
    }

    private async Task<(int Asked, int Denied)> LookAllTheTimeAsync(string place, CancellationToken stop)
    {
        var (asked, denied) = (0, 0);
        while (!stop.IsCancellationRequested)
        {
            var answer = await _api.ReviewPersonAsync("oidc:alice", [], AccessQuestion.For("create", "", "configmaps", namespaceName: place), CancellationToken.None);
            if (answer.Succeeded)
            {
                asked++;
                if (!answer.Value.Allowed) denied++;
            }
            await Task.Delay(50, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return (asked, denied);
    }

    private async Task<bool> IsThereAsync(Grant grant, CancellationToken cancellation) =>
        await _api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, cancellation) is GetBindingResult.Found;

    private async Task<Grant> UntilAsync(Grant grant, Func<Grant, bool> holds, string otherwise, CancellationToken cancellation)
    {
        for (var deadline = DateTimeOffset.UtcNow + Patience; ;)
        {
            var now = await ReadAsync(grant, cancellation);
            if (holds(now)) return now;
            if (DateTimeOffset.UtcNow > deadline)
            {
                _problems.Add($"{otherwise}: it is {now.Status} with “{now.LastError}”.");
                return now;
            }
            await Task.Delay(20, cancellation);
        }
    }

    private async Task<Grant> ReadAsync(Grant grant, CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, cancellation);
    }

    private void Must(bool holds, string otherwise)
    {
        if (!holds) _problems.Add(otherwise);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

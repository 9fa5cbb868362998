using System.Text;
using k8s;
using k8s.Models;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.JustInTime;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>A standing binding is removed by a reviewed change and made again, and the portal is killed in the middle; judged with other eyes than Lapse's.</summary>
internal sealed class StandingStory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly KillPlan _plan;
    private readonly TestDatabase _database;
    private readonly ClusterApi _api;
    private readonly string _place;
    private readonly List<string> _problems = [];
    private readonly List<string> _steps = [];
    private StandingRemoval _reviewed = null!;

    private StandingStory(KillPlan plan, TestDatabase database, ClusterApi api, string place) => (_plan, _database, _api, _place) = (plan, database, api, place);

    /// <summary>Plays it.</summary>
    /// <returns>What came of it: until the binding was gone from the last start before that, and until it was there again from the last start of all.</returns>
    public static async Task<KillResult> RunAsync(KillPlan plan, TestDatabase database, ControlPlane controlPlane, CancellationToken cancellation)
    {
        var address = KubeconfigReader.Read(await File.ReadAllTextAsync(controlPlane.KubeconfigFile, cancellation)).Value;
        using var client = controlPlane.CreateClient();
        using var api = new ClusterApi(new(address, new() { AllowLoopback = true }), TimeProvider.System);
        var place = (await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { GenerateName = "standing-" } }, cancellationToken: cancellation)).Metadata.Name;
        try
        {
            await using var sight = new BindingSight(client, place);
            var story = await Story.BeginAsync(database, address, cancellation);
            return await new StandingStory(plan, database, api, place).PlayAsync(story, new(story, database, client, api, place), sight, cancellation);
        }
        finally
        {
            await client.CoreV1.DeleteNamespaceAsync(place, cancellationToken: CancellationToken.None);
        }
    }

    private async Task<KillResult> PlayAsync(Story story, StandingChange change, BindingSight sight, CancellationToken cancellation)
    {
        // The change that takes it away makes the entry, so nobody but it vouches for what is offered instead.
        _reviewed = (await change.ReviewedAsync(second: true, makesEntry: true, cancellation)).Removal;
        var removing = await PhaseAsync(_plan.Kills, RemovalStatus.Removed, cancellation);
        await SeenAsync(() => sight.Seen is [{ GoneAt: not null }], "The watch never saw it go.", cancellation);

        await change.WantBackAsync(_reviewed.Id, story.Dana, cancellation);
        var restoring = await PhaseAsync(_plan.Restoring, RemovalStatus.Restored, cancellation);
        await SeenAsync(() => sight.Seen.Count == 2, "The watch never saw it again.", cancellation);
        await JudgeAsync(sight, cancellation);
        return new(_plan, _problems, _steps, After(sight.Seen.ElementAtOrDefault(1)?.AppearedAt, restoring), After(sight.Seen.ElementAtOrDefault(0)?.GoneAt, removing));
    }

    // The kills one after the other, and a life that brings it about, if none of those did. Says when the last life began.
    private async Task<DateTimeOffset> PhaseAsync(IReadOnlyList<Kill> kills, RemovalStatus goal, CancellationToken cancellation)
    {
        var began = DateTimeOffset.UtcNow;
        foreach (var kill in kills)
        {
            using var mortal = MortalProcess.Start(_database, kill, kill.Ahead);
            began = mortal.StartedAt;
            if (await mortal.DieAtAsync(kill, Patience, cancellation) is { } problem) _problems.Add(problem);
            _steps.AddRange(mortal.Steps);
            _steps.Add(kill.Point);
            await NobodyLockedOutAsync(kill, cancellation);
        }
        if ((await ReadAsync(cancellation)).Status == goal) return began;
        using var last = MortalProcess.Start(_database, null, TimeSpan.Zero);
        var status = RemovalStatus.Waiting;
        await SeenAsync(async () => (status = (await ReadAsync(cancellation)).Status) == goal, () => $"It was never {goal}, but {status} after {string.Join(", ", last.Steps)}. {last.Errors}", cancellation);
        _steps.AddRange(last.Steps);
        return last.StartedAt;
    }

    // While nobody is there to put it right: what was reviewed is there, or it was announced, and the access can be asked for.
    private async Task NobodyLockedOutAsync(Kill kill, CancellationToken cancellation)
    {
        var now = await ReadAsync(cancellation);
        var acts = await ActsAsync(cancellation);
        await using var db = _database.CreateDbContext();
        var role = await db.ElevatedRoles.AsNoTracking().SingleAsync(role => role.Id == now.ElevatedRoleId, cancellation);
        var entry = await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(version => version.ElevatedRoleId == role.Id && version.Version == role.CurrentVersion, cancellation);
        Must(role.RetiredAt is null && entry.Attestation.ChangeId == now.ChangeId.Value && entry.Namespaces.SequenceEqual([_place]), $"After {kill} the access cannot be asked for.");
        if (await _api.GetBindingAsync(StandingChange.Name, _place, cancellation) is GetBindingResult.Found { Binding: var there })
        {
            Must(ReviewedBinding.DigestOf(there) == _reviewed.Digest, $"After {kill} the binding is another one.");
            Must(there.Uid == _reviewed.Uid || now.RestoreProofId is not null, $"After {kill} the binding was made again, and nobody proved that it shall be.");
            Must(now.Status != RemovalStatus.Removed, $"After {kill} a binding is there that is said to be removed.");
            return;
        }
        Must(acts.Contains(LedgerActs.BindingRemoving), $"After {kill} the binding is gone, and that was not announced.");
        Must(now.Status is RemovalStatus.Removing or RemovalStatus.Removed or RemovalStatus.Restoring, $"After {kill} the binding is gone, and it is said to be {now.Status}.");
    }

    private async Task JudgeAsync(BindingSight sight, CancellationToken cancellation)
    {
        var over = await ReadAsync(cancellation);
        var there = await _api.GetBindingAsync(StandingChange.Name, _place, cancellation) is GetBindingResult.Found { Binding: var found } ? found : null;
        Must(over.Status == RemovalStatus.Restored && over is { RemovedByHand: false, LacksRight: false, Message: "" }, $"It is {over.Status}: {over.Message}");
        Must(there is not null && ReviewedBinding.DigestOf(there) == _reviewed.Digest, "What is there is not exactly what was removed.");
        Must(there?.Uid == over.RestoredUid && over.RestoredUid != _reviewed.Uid, "The UID that was recorded is not that of the binding.");
        var seen = sight.Seen;
        Must(seen.Count == 2 && seen[0].Uid == _reviewed.Uid && seen[1].Uid == there?.Uid && seen[1].GoneAt is null, $"{seen.Count} bindings were there, or others than those recorded.");
        Must(seen.Count < 2 || seen[0].GoneAt <= seen[1].AppearedAt, "It was made again before it was gone.");
        Must((await ActsAsync(cancellation)).SequenceEqual([LedgerActs.BindingRemoving, LedgerActs.BindingRemoved, LedgerActs.BindingRestored]), $"The ledger says {string.Join(", ", await ActsAsync(cancellation))}.");
        Must((await AlertsAsync(cancellation)) is [var alert] && alert.Contains(StandingRecords.RestoredAlert, StringComparison.Ordinal), "There are other alerts than the one that it is there again.");
        // Whoever had it has it again, once the API server's authorizer has heard of it.
        await SeenAsync(async () => (await _api.ReviewPersonAsync(StandingChange.Person, [], AccessQuestion.For("create", "", "configmaps", namespaceName: _place), cancellation)) is { Succeeded: true, Value.Allowed: true }, () => "Whoever had the access has it no more.", cancellation);
        var verification = await new LedgerVerifier(_database).VerifyAsync(null, cancellation);
        Must(verification.IsIntact, verification.Message);
    }

    private Task<List<string>> ActsAsync(CancellationToken cancellation) => LedgerAsync(entries => entries.Where(e => e.Act != LedgerActs.Alert).Select(e => e.Act), cancellation);

    private Task<List<string>> AlertsAsync(CancellationToken cancellation) => LedgerAsync(entries => entries.Where(e => e.Act == LedgerActs.Alert).Select(e => Encoding.UTF8.GetString(e.Content)), cancellation);

    private async Task<List<string>> LedgerAsync(Func<IEnumerable<LedgerEntry>, IEnumerable<string>> choose, CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        var subject = LedgerSubject.Of(_reviewed.Id);
        return [.. choose(await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(cancellation))];
    }

    private async Task<StandingRemoval> ReadAsync(CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        return await db.StandingRemovals.AsNoTracking().SingleAsync(removal => removal.Id == _reviewed.Id, cancellation);
    }

    private Task SeenAsync(Func<bool> holds, string otherwise, CancellationToken cancellation) => SeenAsync(() => Task.FromResult(holds()), () => otherwise, cancellation);

    private async Task SeenAsync(Func<Task<bool>> holds, Func<string> otherwise, CancellationToken cancellation)
    {
        for (var deadline = DateTimeOffset.UtcNow + Patience; !await holds();)
        {
            if (DateTimeOffset.UtcNow > deadline)
            {
                _problems.Add(otherwise());
                return;
            }
            await Task.Delay(20, cancellation);
        }
    }

    private void Must(bool holds, string otherwise)
    {
        if (!holds) _problems.Add(otherwise);
    }

    // What happened in an earlier life took no time of the last one.
    private static TimeSpan? After(DateTimeOffset? seen, DateTimeOffset began) => seen is { } at ? (at > began ? at - began : TimeSpan.Zero) : null;
}

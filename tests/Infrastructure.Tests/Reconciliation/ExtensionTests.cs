using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>An access and its extension: the new one is verified before the old one ends, and what was ended on purpose stays so.</summary>
public sealed class ExtensionTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private (ElevatedRoleVersion Entry, WorkflowVersion Workflow) _entry;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _entry = await Story.EntryAsync([Place.Name], Cancellation);
    }

    [Fact]
    public async Task Extension_Approved_TakesOverWithoutAMomentWithoutAccess()
    {
        await StartAsync();
        var old = await ActiveAsync();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var looks = LookAllTheTimeAsync(watching.Token);

        var extension = await ExtendAsync(old);
        var active = await UntilAsync(extension, GrantStatus.Active);
        var ended = await UntilAsync(old, GrantStatus.Ended);
        await watching.CancelAsync();

        Assert.Equal((EndReason.Superseded, null), (ended.EndReason, ended.EndedBy));
        Assert.Equal(active.UsableAt + active.Duration, active.EndsAt);
        Assert.Null(active.AlreadyHadBy);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(old));
        Assert.IsType<GetBindingResult.Found>(await LookAsync(extension));
        var (asked, denied) = await looks;
        Assert.True(asked > 5, $"Only {asked} looks.");
        Assert.Equal(0, denied);
        // The old one began to end with the record that the new one works, and not before.
        Assert.Equal(
            [(extension.Id, LedgerActs.GrantPrepared), (old.Id, LedgerActs.GrantRevoking), (extension.Id, LedgerActs.GrantActive), (old.Id, LedgerActs.GrantEnded)],
            await SinceAsync(old, extension));
        Assert.Equal(active.UsableAt, ended.RevokingSince);
        Assert.Equal(extension.Id.ToString(), (await LedgerAsync(LedgerSubject.Of(old.Id))).Single(e => e.Act == LedgerActs.GrantRevoking).Content["successor"]!.GetValue<string>());
    }

    [Fact]
    public async Task Extension_OfAnExtension_TakesOverInTurnAndFreesTheKeyAtItsEnd()
    {
        await StartAsync();
        var first = await ActiveAsync();
        var key = await KeyAsync(first);
        var second = await ExtendAsync(first);
        await UntilAsync(first, GrantStatus.Ended);
        Assert.Equal((null, key), (await KeyAsync(first), await KeyAsync(second)));
        var third = await ExtendAsync(second, TimeSpan.FromSeconds(3));

        await UntilAsync(second, GrantStatus.Ended);
        Assert.Equal((null, key), (await KeyAsync(second), await KeyAsync(third)));
        Assert.Equal(EndReason.Expired, (await UntilAsync(third, GrantStatus.Ended)).EndReason);

        Assert.Null(await KeyAsync(third));
        await UntilDeniedAsync("oidc:alice");
    }

    [Fact]
    public async Task Extension_ThatCannotBeProvisioned_LeavesTheOldOneToItsOwnEnd()
    {
        await StartAsync();
        var old = await ActiveAsync();
        var extension = await ExtendAsync(old, prepare: "UPDATE grants SET provision_until = now() - interval '1 second' WHERE status = 'Scheduled'");

        Assert.Equal(FailureReason.TooLate, (await UntilAsync(extension, GrantStatus.Failed)).FailureReason);

        var now = await ReadAsync(old);
        Assert.Equal((GrantStatus.Active, old.EndsAt), (now.Status, now.EndsAt));
        Assert.True(await MayAsync("oidc:alice"));
        // The place is free for another try.
        Assert.Null(await KeyAsync(extension));
        Assert.NotNull(await KeyAsync(old));
    }

    [Theory]
    [InlineData(EndReason.Dropped)]
    [InlineData(EndReason.Revoked)]
    [InlineData(EndReason.RemovedOutsideLapse)]
    [InlineData(EndReason.Altered)]
    public async Task Extension_OfWhatWasEndedOnPurpose_BringsNothingBack(EndReason reason)
    {
        Grant old;
        await using (await ReconcilerReplica.StartAsync(Database)) old = await ActiveAsync();
        var extension = await ExtendAsync(old);
        await ChangeAsync(old, (_, row) => row.End(reason, null, DateTimeOffset.UtcNow));
        await StartAsync();

        Assert.Equal(FailureReason.ExtendedAccessEnded, (await UntilAsync(extension, GrantStatus.Failed)).FailureReason);

        Assert.Equal(reason, (await UntilAsync(old, GrantStatus.Ended)).EndReason);
        Assert.Equal([LedgerActs.GrantRevoking, LedgerActs.GrantFailed], await ActsAsync(extension));
        await UntilDeniedAsync("oidc:alice");
    }

    [Fact]
    public async Task Extension_OldOneRevokedAtTheLastMoment_IsTakenBack()
    {
        await StartAsync();
        var old = await ActiveAsync();
        var extension = await ExtendAsync(old, hold: true);
        using var stop = new StopAfter(ReconciliationSteps.Verify, extension.Id);
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        // It was checked, created and verified; only the record that makes it active is missing.
        await ChangeAsync(old, (_, row) => row.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow));
        stop.GoOn();

        Assert.Equal(FailureReason.ExtendedAccessEnded, (await UntilAsync(extension, GrantStatus.Failed)).FailureReason);
        Assert.Equal(EndReason.Revoked, (await UntilAsync(old, GrantStatus.Ended)).EndReason);
        Assert.DoesNotContain(LedgerActs.GrantActive, await ActsAsync(extension));
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(extension));
        await UntilDeniedAsync("oidc:alice");
    }

    [Fact]
    public async Task Extension_ApprovedAfterTheOldOneExpired_IsSimplyNewAccess()
    {
        await StartAsync();
        var old = await ActiveAsync(TimeSpan.FromSeconds(3));
        var (request, none) = await Story.ApprovedAsync(_entry, Rules, Cancellation, approvers: [], extends: old.RequestId);
        Assert.Empty(none);
        var key = await KeyAsync(old);
        await UntilAsync(old, GrantStatus.Ended);
        Grant extension;
        await using (var db = Database.CreateDbContext())
        {
            var row = await db.AccessRequests.SingleAsync(r => r.Id == request.Id, Cancellation);
            // It waits, and holds the key of what it asks for, since the earlier one is over.
            Assert.Equal(key, row.OpenKey);
            await Story.ApproveAsync(db, row, _entry.Entry, _entry.Workflow, Story.Bob, Cancellation);
            extension = Grant.Of(row, _entry.Workflow.ProvisionWithin, DateTimeOffset.UtcNow)[0];
            db.Grants.Add(extension);
            await db.CommitAsync(Cancellation);
        }

        await UntilAsync(extension, GrantStatus.Active);
        Assert.Equal(EndReason.Expired, (await ReadAsync(old)).EndReason);
    }

    [Fact]
    public async Task Extension_OfTwoPlaces_TakesOverPlaceByPlace()
    {
        await using var other = await ControlPlane.NamespaceAsync(Cancellation);
        var entry = await Story.EntryAsync([Place.Name, other.Name], Cancellation);
        await StartAsync();
        var (request, old) = await Story.ApprovedAsync(entry, Rules, Cancellation);
        foreach (var grant in old) await UntilAsync(grant, GrantStatus.Active);
        // One of the two never comes about.
        var (_, grants) = await Story.ApprovedAsync(entry, Rules, Cancellation, extends: request.Id, start: DateTimeOffset.UtcNow.AddSeconds(2));
        var (works, fails) = (grants.Single(g => g.Namespace == Place.Name), grants.Single(g => g.Namespace == other.Name));
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET provision_until = now() - interval '1 second' WHERE id = '{fails.Id}'", Cancellation);

        await UntilAsync(works, GrantStatus.Active);
        await UntilAsync(fails, GrantStatus.Failed);

        Assert.Equal(EndReason.Superseded, (await UntilAsync(old.Single(g => g.Namespace == Place.Name), GrantStatus.Ended)).EndReason);
        Assert.Equal(GrantStatus.Active, (await ReadAsync(old.Single(g => g.Namespace == other.Name))).Status);
    }

    [Fact]
    public async Task Extension_OfSomebodyElsesAccess_EndsNothingOfTheirs()
    {
        await StartAsync();
        var bobs = (await Story.ApprovedAsync(_entry, Rules, Cancellation, requester: Story.Bob, approvers: [Story.Carol])).Grants[0];
        await UntilAsync(bobs, GrantStatus.Active);

        // No use case lets this happen; a row that says so does no harm either.
        await UntilAsync(await ExtendAsync(bobs), GrantStatus.Active);

        Assert.Equal(GrantStatus.Active, (await ReadAsync(bobs)).Status);
        Assert.True(await MayAsync("oidc:bob"));
    }

    /// <summary>What the database's owner does to the rows of an approved extension, and the reason that is found.</summary>
    public static TheoryData<string, string> Attacks => new()
    {
        { "UPDATE access_requests SET extends_id = NULL", "ActChanged" },
        { "UPDATE access_requests SET extends_id = id WHERE extends_id IS NOT NULL", "ActChanged" },
        { "UPDATE grants SET end_reason = 'Expired' WHERE end_reason = 'Revoked'", "ExtendedSetBack" },
        { "UPDATE grants SET end_reason = NULL WHERE end_reason = 'Revoked'", "ExtendedSetBack" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Extension_RowsChangedByTheOwner_BringsNothingBack(string sql, string code)
    {
        Grant old;
        await using (await ReconcilerReplica.StartAsync(Database))
        {
            old = await ActiveAsync();
            await ChangeAsync(old, (db, row) =>
            {
                row.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow);
                db.Record(DateTimeOffset.UtcNow, LedgerActor.Of(Story.Bob.PersonId), LedgerActs.GrantRevoking, LedgerSubject.Of(row.Id), new JsonObject { ["reason"] = "Revoked" });
            });
            await UntilAsync(old, GrantStatus.Ended);
        }
        var extension = await ExtendAsync(old);
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);
        await StartAsync();

        Assert.Equal(FailureReason.EvidenceMismatch, (await UntilAsync(extension, GrantStatus.Failed)).FailureReason);

        Assert.Equal(code, Assert.Single(await AlertsAsync(LedgerSubject.Of(extension.Id)))["code"]!.GetValue<string>());
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(extension));
        Assert.False(await MayAsync("oidc:alice"));
    }

    [Fact]
    public async Task PlainRequest_MadeAnExtensionByTheOwner_IsNotProvisioned()
    {
        var grant = (await Story.ApprovedAsync(_entry, Rules, Cancellation)).Grants[0];
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET extends_id = id", Cancellation);
        await StartAsync();

        Assert.Equal(FailureReason.EvidenceMismatch, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
    }

    private async Task<Grant> ActiveAsync(TimeSpan? duration = null) =>
        await UntilAsync((await Story.ApprovedAsync(_entry, Rules, Cancellation, duration)).Grants[0], GrantStatus.Active);

    // Whoever wants to do something before it begins gets two seconds for it.
    private async Task<Grant> ExtendAsync(Grant old, TimeSpan? duration = null, string? prepare = null, bool hold = false)
    {
        DateTimeOffset? start = hold || prepare is not null ? DateTimeOffset.UtcNow.AddSeconds(2) : null;
        var extension = (await Story.ApprovedAsync(_entry, Rules, Cancellation, duration, extends: old.RequestId, start: start)).Grants[0];
        if (prepare is not null) await Database.ExecuteAsOwnerAsync(prepare, Cancellation);
        return extension;
    }

    private async Task<string?> KeyAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.Where(r => r.Id == grant.RequestId).Select(r => r.OpenKey).SingleAsync(Cancellation);
    }

    private async Task<(int Asked, int Denied)> LookAllTheTimeAsync(CancellationToken stop)
    {
        var (asked, denied) = (0, 0);
        while (!stop.IsCancellationRequested)
        {
            if (!await MayAsync("oidc:alice")) denied++;
            asked++;
        }
        return (asked, denied);
    }

    // What the ledger says of both since the old one was active, in the order of the ledger.
    private async Task<List<(GrantId, string)>> SinceAsync(Grant old, Grant extension)
    {
        var subjects = new Dictionary<string, GrantId> { [LedgerSubject.Of(old.Id)] = old.Id, [LedgerSubject.Of(extension.Id)] = extension.Id };
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Keys.Contains(e.Subject)).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        return [.. entries.SkipWhile(e => e.Act != LedgerActs.GrantActive).Skip(1).Select(e => (subjects[e.Subject], e.Act))];
    }
}

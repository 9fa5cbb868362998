using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary>Yesterday's database comes back: nothing that ended since comes back with it, because what Lapse signed is elsewhere too.</summary>
public sealed class RestoreTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : RestoreTest(postgres, controlPlane)
{
    [Theory]
    [InlineData("the cluster")]
    [InlineData("a file")]
    public async Task Restore_OfADumpFromBeforeAnAccess_HoldsAndStartsNothingOfIt(string witness)
    {
        var grant = await ApprovedAsync();
        var dump = await DumpFile.OfAsync(Database, Folder, Cancellation);
        await RunItsCourseAsync(grant);
        if (witness == "a file") await EmptyTheClusterAsync();

        var restored = await RestoreAsync(dump);
        await StartAsync(restored, witness == "a file");

        var hold = await UntilHeldAsync(restored);
        Assert.Equal(HoldCause.OlderLedger, hold.Cause);
        Assert.Contains("The database is an older one", hold.Why, StringComparison.Ordinal);
        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).LastError?.Contains("on hold", StringComparison.Ordinal) == true, "the access of before waits", Cancellation);
        Assert.Equal((GrantStatus.Provisioning, (DateTimeOffset?)null), ((await ReadAsync(restored, grant)).Status, (await ReadAsync(restored, grant)).CreateSentAt));
        Assert.False(await MayAsync("oidc:alice"));
        await using var db = restored.CreateDbContext();
        Assert.Equal(0, await db.SignInSessions.CountAsync(s => s.EndedAt == null, Cancellation));
        Assert.Contains(await db.LedgerEntries.Where(e => e.Act == LedgerActs.Alert).Select(e => e.Subject).ToListAsync(Cancellation), subject => subject == LedgerSubject.Of(hold.Id));
    }

    [Fact]
    public async Task Restore_OfADumpFromTheMiddleOfAnAccess_EndsItAndMakesItNotAgain()
    {
        var grant = await ApprovedAsync();
        DumpFile? dump = null;
        await RunItsCourseAsync(grant, async () => dump = await DumpFile.OfAsync(Database, Folder, Cancellation));
        var restored = await RestoreAsync(dump!);
        Assert.Equal(GrantStatus.Active, (await ReadAsync(restored, grant)).Status);

        var replica = await StartAsync(restored, files: false);
        // The job of each minute, without waiting for it.
        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).Status == GrantStatus.Ended, "what ended since ends here too", Cancellation);
        Assert.Equal(EndReason.RemovedOutsideLapse, (await ReadAsync(restored, grant)).EndReason);
        Assert.Equal(HoldCause.OlderLedger, (await UntilHeldAsync(restored)).Cause);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));
    }

    [Fact]
    public async Task Restore_AdminEndsTheHold_NothingFromBeforeStartsAndWhatIsAskedAnewDoes()
    {
        var grant = await ApprovedAsync();
        var waiting = (await Story.ApprovedAsync(await Story.EntryAsync([Place.Name], Cancellation), Rules, Cancellation, requester: Story.Carol, approvers: [])).Request;
        var dump = await DumpFile.OfAsync(Database, Folder, Cancellation);
        await RunItsCourseAsync(grant);
        var restored = await RestoreAsync(dump);
        var replica = await StartAsync(restored, files: false);
        var hold = await UntilHeldAsync(restored);

        await EndAsync(restored, replica, hold);

        Assert.Null(await replica.Get<HoldCheck>().FindAsync(Cancellation));
        await Wait.UntilAsync(async () => (await ReadAsync(restored, grant)).IsOver, "the access of before is over", Cancellation);
        var over = await ReadAsync(restored, grant);
        Assert.Equal((EndReason.Revoked, (string?)null), (over.EndReason, over.BindingUid));
        await using (var db = restored.CreateDbContext())
            Assert.Equal(RequestStatus.Withdrawn, (await db.AccessRequests.SingleAsync(r => r.Id == waiting.Id, Cancellation)).Status);

        // The owner of the database brings rows of an approval along that was given, and used, after the dump.
        var earlier = await Story.OnAsync(restored, Story, Story.Earlier, Cancellation);
        var again = (await earlier.ApprovedAsync(await earlier.EntryAsync([Place.Name], Cancellation), Rules, Cancellation)).Grants[0];
        await Wait.UntilAsync(async () => (await ReadAsync(restored, again)).FailureReason == FailureReason.EvidenceMismatch, "it is found out", Cancellation);
        Assert.Contains("before the records were restored", (await ReadAsync(restored, again)).LastError, StringComparison.Ordinal);
        Assert.False(await MayAsync("oidc:alice"));
    }

    [Fact]
    public async Task Restore_AcceptedAndAskedAnew_Starts()
    {
        var dump = await DumpFile.OfAsync(Database, Folder, Cancellation);
        await RunItsCourseAsync(await ApprovedAsync());
        var restored = await RestoreAsync(dump);
        var replica = await StartAsync(restored, files: true);
        var hold = await UntilHeldAsync(restored);
        await EndAsync(restored, replica, hold);

        var story = await Story.OnAsync(restored, Story, Story.Later, Cancellation);
        var anew = (await story.ApprovedAsync(await story.EntryAsync([Place.Name], Cancellation), Rules, Cancellation)).Grants[0];

        await Wait.UntilAsync(async () => (await ReadAsync(restored, anew)).Status == GrantStatus.Active, "what was asked anew starts", Cancellation);
        var checkpoint = await replica.Get<CheckpointRound>().RunAsync(Cancellation);
        Assert.NotNull(checkpoint);
        Assert.Equal(checkpoint.ToText(), await InClusterAsync());
    }
}

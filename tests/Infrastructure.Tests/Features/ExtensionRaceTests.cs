using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>What two people do at the same moment with an access and its extension: one of them waits, and sees what the other one did.</summary>
public sealed class ExtensionRaceTests(PostgresFixture postgres) : ExtendAccessTest(postgres)
{
    [Fact]
    public async Task Race_SubmittedWhileTheEarlierOneCloses_TakesItsKeyOver()
    {
        var earlier = await ActiveAsync();
        var draft = await DraftAsync(earlier);
        var key = (await ReadAsync(earlier)).OpenKey;
        await using var submitting = await BeginSubmitAsync(draft);

        // The earlier one has ended, but waits until the extension is there.
        var closing = CloseAsync(earlier, EndReason.Expired);
        await UntilWaitingAsync();
        Assert.False(closing.IsCompleted);
        await submitting.CommitAsync(Cancellation);
        await closing;

        Assert.Equal((null, key), ((await ReadAsync(earlier)).OpenKey, (await ReadAsync(draft)).OpenKey));
    }

    [Fact]
    public async Task Race_ClosedWhileTheExtensionIsSubmitted_RefusesIt()
    {
        var earlier = await ActiveAsync();
        var draft = await DraftAsync(earlier);
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        await EndAllAsync(db, earlier, EndReason.Expired);

        var submitting = SubmitAsync(draft);
        await UntilWaitingAsync();
        Assert.False(submitting.IsCompleted);
        await db.CommitAsync(Cancellation);

        Assert.Equal("ExtensionOfNothing", (await submitting)?.Code);
        Assert.Null((await ReadAsync(draft)).OpenKey);
    }

    [Fact]
    public async Task Race_TwoExtensionsAtOnce_OneIsRefused()
    {
        var earlier = await ActiveAsync();
        AccessRequestId[] drafts = [await DraftAsync(earlier), await DraftAsync(earlier), await DraftAsync(earlier)];

        var outcomes = await Task.WhenAll(drafts.Select(SubmitAsync));

        Assert.Single(outcomes, refusal => refusal is null);
        Assert.Equal(2, outcomes.Count(refusal => refusal?.Code == "ExtensionOpen"));
    }

    [Fact]
    public async Task Race_ExtensionAndPlainRequestAtOnce_OnlyTheExtensionPasses()
    {
        var earlier = await ActiveAsync();
        var (extension, plain) = (await DraftAsync(earlier), await _portal.DraftAsync(_alice, _entry));

        var outcomes = await Task.WhenAll(SubmitAsync(extension), SubmitAsync(plain));

        Assert.Null(outcomes[0]);
        Assert.Equal("IdenticalOpen", outcomes[1]?.Code);
    }

    [Fact]
    public async Task Race_WithdrawnWhileTheEarlierOneCloses_FreesTheKey()
    {
        var earlier = await ActiveAsync();
        var extension = await DraftAsync(earlier);
        Assert.Null(await SubmitAsync(extension));
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var row = await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE id = {extension.Value} FOR UPDATE").SingleAsync(Cancellation);
        row.Withdraw(Now);

        var closing = CloseAsync(earlier, EndReason.Expired);
        await UntilWaitingAsync();
        await db.CommitAsync(Cancellation);
        await closing;

        Assert.Equal((null, null), ((await ReadAsync(earlier)).OpenKey, (await ReadAsync(extension)).OpenKey));
        Assert.Null(await SubmitAsync(await _portal.DraftAsync(_alice, _entry)));
    }
}

using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>How a change comes into force: by its author alone, or with a second admin; shown with workflows, which no cluster needs to be asked about.</summary>
public sealed class WorkflowChangeTests(PostgresFixture postgres) : AdminSetting(postgres)
{
    private static readonly WorkflowForm New = new(null, 0, "Two peers", ["developers"], [new("Peers", ["developers"], 2)], TimeSpan.FromHours(8), TimeSpan.FromMinutes(15));

    [Fact]
    public async Task NewWorkflow_Proved_IsInForceAndInTheLedgerWithItsContent()
    {
        Assert.Null(await AnswerAsync(await Propose.SaveWorkflowAsync(World.Dana, New, Cancellation)));

        var change = await ChangeAsync();
        var version = await CurrentAsync(WorkflowId.From(change.SubjectId));
        Assert.Equal((ChangeStatus.Applied, 1, "Two peers", World.Dana.PersonId, change.Id.Value), (change.Status, version.Version, version.Title, version.MadeBy, version.Attestation.ChangeId));
        var ledger = await LedgerAsync(LedgerSubject.Of(change.Id));
        Assert.Equal([LedgerActs.ChangeProposed, LedgerActs.ChangeApplied], ledger.Select(e => e.Act));
        Assert.Equal("Two peers", ledger[1].Content["after"]!["title"]!.GetValue<string>());
        Assert.NotNull(ledger[1].Content["proof"]!["tokenSha256"]);
    }

    [Fact]
    public async Task StricterWorkflow_WithASecondAdminThere_NeedsNoneOfThem()
    {
        var before = await CurrentAsync(World.OnePeer.WorkflowId);

        Assert.Null(await AnswerAsync(await Propose.SaveWorkflowAsync(World.Dana, FormOf(before) with { Stages = [new("Peers", ["developers"], 2)] }, Cancellation)));

        Assert.Equal((2, 2), ((await CurrentAsync(before.WorkflowId)).Version, (await CurrentAsync(before.WorkflowId)).Stages[0].Approvals));
    }

    [Fact]
    public async Task LooserWorkflow_WithASecondAdminThere_WaitsForThem()
    {
        var before = await CurrentAsync(World.TwoPeers.WorkflowId);
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));

        var change = await ChangeAsync();
        Assert.Equal(ChangeStatus.AwaitingSecondAdmin, change.Status);
        Assert.Equal(before.Version, (await CurrentAsync(before.WorkflowId)).Version);

        Assert.Equal("OwnChange", (await Propose.ConfirmAsync(World.Dana, change.Id, Cancellation)).Refusal?.Code);
        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)));

        var after = await CurrentAsync(before.WorkflowId);
        Assert.Equal((2, 1, World.Dana.PersonId), (after.Version, after.Stages[0].Approvals, after.MadeBy));
        change = await ChangeAsync();
        Assert.Equal((ChangeStatus.Applied, (PersonId?)World.Dave.PersonId), (change.Status, change.ConfirmerId));
        Assert.Equal("ChangeNotWaiting", (await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task LooserWorkflow_WithOneAdminOnly_IsInForceAtOnce()
    {
        await LeaveDanaAloneAsync();

        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));

        Assert.Equal((ChangeStatus.Applied, 2), ((await ChangeAsync()).Status, (await CurrentAsync(World.TwoPeers.WorkflowId)).Version));
    }

    [Fact]
    public async Task Change_OfAVersionThatIsNotTheNewest_IsRefused()
    {
        var form = FormOf(await CurrentAsync(World.OnePeer.WorkflowId)) with { Title = "Renamed" };
        Assert.Null(await AnswerAsync(await Propose.SaveWorkflowAsync(World.Dana, form, Cancellation)));

        Assert.Equal("ConfigurationMoved", (await Propose.SaveWorkflowAsync(World.Dave, form with { Title = "Renamed otherwise" }, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Change_WhoseBaseMovedBeforeItsProof_IsRefusedAndChangesNothing()
    {
        var form = FormOf(await CurrentAsync(World.OnePeer.WorkflowId));
        var first = await Propose.SaveWorkflowAsync(World.Dana, form with { Title = "By dana" }, Cancellation);
        Assert.Null(await AnswerAsync(await Propose.SaveWorkflowAsync(World.Dave, form with { Title = "By dave" }, Cancellation)));

        Assert.Equal("ConfigurationMoved", (await AnswerAsync(first))?.Code);

        Assert.Equal("By dave", (await CurrentAsync(form.Id!.Value)).Title);
        var waiting = Assert.Single((await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(World.Dana, new(CatalogueSection.Workflows))).Value.Waiting);
        Assert.True(waiting.IsOutdated);
    }

    [Fact]
    public async Task Draft_LeftAndContinued_IsTheSameChange()
    {
        var left = await Propose.SaveWorkflowAsync(World.Dana, New, Cancellation);
        var change = await ChangeAsync();

        var again = await Propose.ContinueAsync(World.Dana, change.Id, Cancellation);
        Assert.NotEqual(left.Value, again.Value);
        Assert.Null(await AnswerAsync(again));

        Assert.Equal((change.Id, ChangeStatus.Applied), ((await ChangeAsync()).Id, (await ChangeAsync()).Status));
        Assert.Equal("ChangeNotWaiting", (await AnswerAsync(left))?.Code);
    }

    [Fact]
    public async Task Draft_SavedAgain_TakesThePlaceOfTheEarlierOne()
    {
        var form = FormOf(await CurrentAsync(World.OnePeer.WorkflowId));
        var first = await Propose.SaveWorkflowAsync(World.Dana, form with { Title = "First" }, Cancellation);
        var second = await Propose.SaveWorkflowAsync(World.Dana, form with { Title = "Second" }, Cancellation);

        Assert.Equal("ChangeNotWaiting", (await AnswerAsync(first))?.Code);
        Assert.Null(await AnswerAsync(second));
        Assert.Equal("Second", (await CurrentAsync(form.Id!.Value)).Title);
    }

    [Fact]
    public async Task Withdraw_WaitingChange_CannotBeConfirmedAnyMore()
    {
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));
        var change = await ChangeAsync();

        Assert.True((await Get<WithdrawChange>().WithdrawAsync(World.Dave, change.Id, Cancellation)).Succeeded);

        Assert.Equal("ChangeNotWaiting", (await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)).Refusal?.Code);
        Assert.Equal(LedgerActs.ChangeWithdrawn, (await LedgerAsync(LedgerSubject.Of(change.Id)))[^1].Act);
        Assert.Equal(1, (await CurrentAsync(World.TwoPeers.WorkflowId)).Version);
    }

    [Fact]
    public async Task Waiting_TooLong_IsRefusedAndThenEnded()
    {
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));
        var proved = await ChangeAsync();
        var begun = await Propose.ConfirmAsync(World.Dave, proved.Id, Cancellation);
        Assert.Null((await Propose.SaveWorkflowAsync(World.Dave, New, Cancellation)).Refusal);
        var clock = new SettableClock();
        clock.Advance(Now - clock.GetUtcNow());
        var timeouts = new ChangeTimeouts(Database, clock);
        Assert.Equal(0, await timeouts.RunAsync(Cancellation));

        await Database.ExecuteAsOwnerAsync($"UPDATE configuration_changes SET expires_at = '{Now:O}'", Cancellation);
        Assert.Equal("ChangeExpired", (await AnswerAsync(begun))?.Code);
        Assert.Equal("ChangeExpired", (await Propose.ConfirmAsync(World.Dave, proved.Id, Cancellation)).Refusal?.Code);
        Assert.Equal(2, await timeouts.RunAsync(Cancellation));
        Assert.Equal(0, await timeouts.RunAsync(Cancellation));

        Assert.Equal((LedgerActs.ChangeTimedOut, "Change workflow 2 peers"), await LastAsync(proved.Id));
        await using var db = Database.CreateDbContext();
        var draft = await db.ConfigurationChanges.SingleAsync(c => c.Id != proved.Id, Cancellation);
        Assert.Equal((ChangeStatus.Withdrawn, Now), (draft.Status, draft.SettledAt));
        Assert.Equal(LedgerActs.ChangeWithdrawn, (await LastAsync(draft.Id)).Act);
        Assert.Equal("ChangeNotWaiting", (await Propose.ConfirmAsync(World.Dave, proved.Id, Cancellation)).Refusal?.Code);
        Assert.Empty(await WaitingAsync(World.Dave));
    }

    private async Task<(string Act, string? Title)> LastAsync(ConfigurationChangeId id) =>
        (await LedgerAsync(LedgerSubject.Of(id)))[^1] is var (act, content) ? (act, content["title"]?.GetValue<string>()) : default;

    [Fact]
    public async Task Settled_WithASecret_IsNothingThatTheDatabaseTakes()
    {
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));

        var broken = await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
            Database.ExecuteAsOwnerAsync("UPDATE configuration_changes SET status = 'Withdrawn', sealed_secret = 'x'", Cancellation));
        Assert.Equal("ck_configuration_changes_secret", broken.ConstraintName);
    }

    [Fact]
    public async Task Save_BrokenRule_IsRefusedByItsCodeAndWritesNothing()
    {
        Assert.Equal("NoRequesters", (await Propose.SaveWorkflowAsync(World.Dana, New with { RequesterGroups = [] }, Cancellation)).Refusal?.Code);
        Assert.Equal("ApprovalsRange", (await Propose.SaveWorkflowAsync(World.Dana, New with { Stages = [new("Peers", ["developers"], 0)] }, Cancellation)).Refusal?.Code);
        Assert.Equal("TitleLength", (await Propose.SaveWorkflowAsync(World.Dana, New with { Title = new string('x', 10_000) }, Cancellation)).Refusal?.Code);

        await using var db = Database.CreateDbContext();
        Assert.False(await db.ConfigurationChanges.AnyAsync(Cancellation));
    }

    [Fact]
    public async Task Waiting_IsOnesOwnDraftsAndEverybodysThatNeedAnother()
    {
        await Propose.SaveWorkflowAsync(World.Dana, New, Cancellation);
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));

        Assert.Equal([ChangeStatus.Draft, ChangeStatus.AwaitingSecondAdmin], (await WaitingAsync(World.Dana)).Select(c => c.Status).Order());
        var waiting = Assert.Single(await WaitingAsync(World.Dave));
        Assert.Equal(("dana", false, false), (waiting.AuthorUserName, waiting.IsMine, waiting.IsOutdated));
        Assert.Equal([new("Who approves", "2 of developers (Peers)", "1 of developers (Peers)")], waiting.Fields);
    }

    [Fact]
    public async Task Form_HasItsHistoryWithWhoAndWhatChanged()
    {
        Assert.Null(await AnswerAsync(await LoosenAsync(World.Dana)));
        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, (await ChangeAsync()).Id, Cancellation)));

        var view = (await AskAsync<WorkflowFormAsk, WorkflowFormView>(World.Dave, new(World.TwoPeers.WorkflowId.ToString()))).Value;

        Assert.Equal([2, 1], view.History.Select(v => v.Number));
        Assert.Equal(("dana", "dave"), (view.History[0].AuthorUserName, view.History[0].Confirmer));
        Assert.Equal("1 of developers (Peers)", Assert.Single(view.History[0].Fields).After);
        Assert.Null(view.History[1].Author);
        Assert.Equal(["admin in web-prod"], view.Governs);
    }

    private async Task<IReadOnlyList<WaitingChange>> WaitingAsync(Actor actor) => (await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(actor, new(CatalogueSection.Entries))).Value.Waiting;

    private async Task<Outcome<StepUpChallengeId>> LoosenAsync(Actor actor) =>
        await Propose.SaveWorkflowAsync(actor, FormOf(await CurrentAsync(World.TwoPeers.WorkflowId)) with { Stages = [new ApprovalStage("Peers", ["developers"], 1)] }, Cancellation);
}

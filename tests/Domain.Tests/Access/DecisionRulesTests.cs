using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

public class DecisionRulesTests
{
    private static readonly string[] Developer = ["developers"];

    [Fact]
    public void Check_PeerOfTheStage_Passes() => Assert.Null(Check());

    [Theory]
    [InlineData("developers")]
    [InlineData("sre,developers,lapse-admins")]
    [InlineData(null)]
    public void Check_OwnRequest_IsRefusedWhateverGroups(string? groups) =>
        Assert.Equal("OwnRequest", Check(person: Alice, groups: groups?.Split(','), known: groups is not null)!.Code);

    [Fact]
    public void Check_OwnRequest_IsRefusedBeforeAnythingIsSaidAboutItsState() =>
        Assert.Equal("OwnRequest", Check(request: RequestIn(RequestStatus.Approved), person: Alice)!.Code);

    [Theory]
    [InlineData(RequestStatus.Draft, "submitted yet")]
    [InlineData(RequestStatus.Approved, "approved it already")]
    [InlineData(RequestStatus.Denied, "denied it already")]
    [InlineData(RequestStatus.Withdrawn, "withdrawn it")]
    [InlineData(RequestStatus.TimedOut, "waited too long")]
    public void Check_NotWaiting_SaysWhatHappened(RequestStatus status, string words)
    {
        var refusal = Check(request: RequestIn(status), person: Carol);

        Assert.Equal("NotWaiting", refusal!.Code);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, "TimedOut")]
    [InlineData(1, "TimedOut")]
    public void Check_TimeToLive_EndsExactlyThen(int ticks, string? code) =>
        Assert.Equal(code, Check(now: Now.AddHours(8).AddTicks(ticks))?.Code);

    [Fact]
    public void Check_GroupsUnknown_IsRefused() => Assert.Equal("GroupsUnknown", Check(known: false)!.Code);

    [Theory]
    [InlineData("")]
    [InlineData("sre")]
    [InlineData("DEVELOPERS")]
    public void Check_NoGroupOfTheStage_IsRefused(string groups) =>
        Assert.Equal("NotAnApprover", Check(groups: groups.Split(',', StringSplitOptions.RemoveEmptyEntries))!.Code);

    [Fact]
    public void Check_SecondStageWaits_TheFirstStagesGroupNoLongerDecides()
    {
        var workflow = WorkflowOf(Peers, Sre);
        var request = Awaiting(workflow);
        Assert.Equal("NotAnApprover", Check(request, workflow, Carol, ["sre"])!.Code);
        var first = Approval(request, Bob);
        request.Decided(first, [], workflow, Now);

        Assert.Equal("NotAnApprover", Check(request, workflow, Carol, ["developers"], earlier: [first])!.Code);
        Assert.Null(Check(request, workflow, Carol, ["sre"], earlier: [first]));
    }

    [Fact]
    public void Check_SamePersonTwice_IsRefusedInTheSameAndInALaterStage()
    {
        var workflow = WorkflowOf(Peers with { Approvals = 2 }, Sre);
        var request = Awaiting(workflow);
        var first = Approval(request, Bob);
        request.Decided(first, [], workflow, Now);
        Assert.Equal("DecidedBefore", Check(request, workflow, Bob, earlier: [first])!.Code);

        var second = Approval(request, Carol);
        request.Decided(second, [first], workflow, Now);
        Assert.Equal("DecidedBefore", Check(request, workflow, Bob, ["sre"], earlier: [first, second])!.Code);
    }

    [Fact]
    public void Check_WorkflowWithoutThatStage_IsDecidedByNobody()
    {
        var request = Awaiting(WorkflowOf(Peers));

        Assert.Equal("NotAnApprover", Check(request, WorkflowOf())!.Code);
    }

    [Theory]
    [InlineData(86_399, "ChangedItRecently")]
    [InlineData(86_400, null)]
    public void Check_AuthorOfEntryOrWorkflow_WaitsADay(int seconds, string? code)
    {
        var made = Now.AddSeconds(-seconds);

        Assert.Equal(code, Check(entry: Entry(madeBy: Bob, madeAt: made))?.Code);
        Assert.Equal(code, Check(workflow: WorkflowWith(madeBy: Bob, madeAt: made))?.Code);
        Assert.Null(Check(entry: Entry(madeBy: Carol, madeAt: made)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(2_000, null)]
    [InlineData(2_001, "CommentTooLong")]
    [InlineData(10_000, "CommentTooLong")]
    public void Check_CommentLength_IsAtMostTwoThousand(int length, string? code) => Assert.Equal(code, Check(comment: new string('x', length))?.Code);

    [Theory]
    [InlineData("<script>alert(1)</script>", null)]
    [InlineData("two\nlines", null)]
    [InlineData("bell \a", "CommentCharacters")]
    public void Check_Comment_IsPlainText(string comment, string? code) => Assert.Equal(code, Check(comment: comment)?.Code);

    // An attribute cannot hold half a character.
    [Fact]
    public void Check_CommentWithLoneSurrogate_IsRefused() => Assert.Equal("CommentCharacters", Check(comment: "\udc00")!.Code);

    [Fact]
    public void CheckRules_SameOrNarrower_GoesOn()
    {
        Assert.Null(DecisionRules.CheckRules(Awaiting(), Rules));
        Assert.Null(DecisionRules.CheckRules(Awaiting(), RoleRules.From([new PolicyRule { ApiGroups = [""], Resources = ["pods"], Verbs = ["list"] }])));
    }

    [Fact]
    public void CheckRules_Wider_IsRefusedUntilReopenedWithThem()
    {
        var request = Awaiting();
        Assert.Equal("RoleWidened", DecisionRules.CheckRules(request, WiderRules)!.Code);

        request.Reopen(WiderRules, WorkflowOf(Peers), Now);

        Assert.Null(DecisionRules.CheckRules(request, WiderRules));
    }

    private static Refusal? Check(
        AccessRequest? request = null, WorkflowVersion? workflow = null, PersonId? person = null, string[]? groups = null, string comment = "",
        DateTimeOffset? now = null, ElevatedRoleVersion? entry = null, Decision[]? earlier = null, bool known = true) =>
        DecisionRules.Check(request ?? Awaiting(), entry ?? Entry(), workflow ?? WorkflowOf(Peers), earlier ?? [], person ?? Bob, known ? groups ?? Developer : null, comment, now ?? Now);
}

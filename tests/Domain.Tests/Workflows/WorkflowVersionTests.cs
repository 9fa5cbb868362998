using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Workflows;

public class WorkflowVersionTests
{
    [Fact]
    public void Check_Ordinary_Passes()
    {
        Assert.Null(WorkflowWith().Check());
        Assert.Null(WorkflowOf().Check());
    }

    [Theory]
    [InlineData(0, "TitleLength")]
    [InlineData(1, null)]
    [InlineData(120, null)]
    [InlineData(121, "TitleLength")]
    public void Check_TitleLength_IsOneTo120(int length, string? code) => Assert.Equal(code, WorkflowWith(title: new string('x', length)).Check()?.Code);

    [Fact]
    public void Check_Names_AreOneLine()
    {
        Assert.Equal("TitleCharacters", WorkflowWith(title: "two\nlines").Check()!.Code);
        Assert.Equal("StageName", WorkflowOf(Peers with { Name = "" }).Check()!.Code);
        Assert.Equal("StageName", WorkflowOf(Peers with { Name = "\ud800" }).Check()!.Code);
        Assert.Equal("StageName", WorkflowOf(Peers with { Name = new string('x', 121) }).Check()!.Code);
        Assert.Null(WorkflowOf(Peers with { Name = new string('x', 120) }).Check());
        Assert.Equal("GroupName", WorkflowWith(requesters: ["a\0"]).Check()!.Code);
        Assert.Equal("GroupName", WorkflowOf(Peers with { ApproverGroups = [new string('x', 257)] }).Check()!.Code);
        Assert.Null(WorkflowOf(Peers with { ApproverGroups = [new string('x', 256)] }).Check());
    }

    [Fact]
    public void Check_NobodyWhoMayAskOrApprove_IsRefused()
    {
        Assert.Equal("NoRequesters", WorkflowWith(requesters: []).Check()!.Code);
        Assert.Equal("NoRequesters", WorkflowWith(requesters: ["developers", " "]).Check()!.Code);
        Assert.Equal("NoApprovers", WorkflowOf(Peers, Sre with { ApproverGroups = [] }).Check()!.Code);
        Assert.Equal("NoApprovers", WorkflowOf(Peers with { ApproverGroups = [""] }).Check()!.Code);
    }

    [Theory]
    [InlineData(5, null)]
    [InlineData(6, "TooManyStages")]
    public void Check_Stages_AreAtMostFive(int stages, string? code) =>
        Assert.Equal(code, WorkflowOf([.. Enumerable.Repeat(Peers, stages)]).Check()?.Code);

    [Theory]
    [InlineData(-1, "ApprovalsRange")]
    [InlineData(0, "ApprovalsRange")]
    [InlineData(1, null)]
    [InlineData(10, null)]
    [InlineData(11, "ApprovalsRange")]
    public void Check_Approvals_AreOneToTen(int approvals, string? code) => Assert.Equal(code, WorkflowOf(Peers with { Approvals = approvals }).Check()?.Code);

    [Theory]
    [InlineData(299, "TimeToLiveRange")]
    [InlineData(300, null)]
    [InlineData(7 * 86_400, null)]
    [InlineData(7 * 86_400 + 1, "TimeToLiveRange")]
    public void Check_TimeToLive_IsFiveMinutesToAWeek(int seconds, string? code) =>
        Assert.Equal(code, WorkflowWith(timeToLive: TimeSpan.FromSeconds(seconds)).Check()?.Code);

    [Theory]
    [InlineData(59, "ProvisionWithinRange")]
    [InlineData(60, null)]
    [InlineData(4 * 3600, null)]
    [InlineData(4 * 3600 + 1, "ProvisionWithinRange")]
    public void Check_ProvisionWithin_IsAMinuteToFourHours(int seconds, string? code) =>
        Assert.Equal(code, WorkflowWith(provisionWithin: TimeSpan.FromSeconds(seconds)).Check()?.Code);

    [Fact]
    public void MayBeRequestedOrDecidedBy_UnknownGroups_IsNo()
    {
        Assert.False(WorkflowWith().MayBeRequestedBy(null));
        Assert.False(Peers.MayBeDecidedBy(null));
        Assert.False(Peers.MayBeDecidedBy([]));
        Assert.True(Peers.MayBeDecidedBy(["x", "developers"]));
    }

    [Fact]
    public void Digest_OrderOfGroups_DoesNotMatterButOrderOfStagesDoes()
    {
        Assert.Equal(WorkflowWith(requesters: ["a", "b"]).Digest(), WorkflowWith(requesters: ["b", "a"]).Digest());
        Assert.NotEqual(WorkflowOf(Peers, Sre).Digest(), WorkflowOf(Sre, Peers).Digest());
    }
}

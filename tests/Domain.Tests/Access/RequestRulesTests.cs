using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Access;

public class RequestRulesTests
{
    private static readonly DateTimeOffset Moment = Now;

    [Fact]
    public void CheckContent_Ordinary_Passes() => Assert.Null(Check(Content));

    [Theory]
    [InlineData("", "ReasonMissing")]
    [InlineData(" \n\t ", "ReasonMissing")]
    [InlineData("x", null)]
    [InlineData("two\r\nlines\tand a tab", null)]
    [InlineData("<script>alert('1')</script> & <b>bold</b>", null)]
    [InlineData("emoji 🚀 and ü", null)]
    [InlineData("null \0 byte", "ReasonCharacters")]
    [InlineData("escape \u001b[31m", "ReasonCharacters")]
    [InlineData("C1 \u0085", "ReasonCharacters")]
    public void CheckContent_Reason_IsAnyPlainText(string reason, string? code) => Assert.Equal(code, Check(Content with { Reason = reason })?.Code);

    // An attribute cannot hold half a character.
    [Fact]
    public void CheckContent_LoneSurrogates_AreRefused()
    {
        foreach (var text in (string[])["high \ud83d alone", "low \ude80 alone", "turned \ude80\ud83d", "end \ud83d"])
        {
            Assert.Equal("ReasonCharacters", Check(Content with { Reason = text })!.Code);
            Assert.Equal("TicketCharacters", Check(Content with { Ticket = text })!.Code);
        }
    }

    [Theory]
    [InlineData(2_000, null)]
    [InlineData(2_001, "ReasonTooLong")]
    [InlineData(10_000, "ReasonTooLong")]
    public void CheckContent_ReasonLength_CountsWhatIsKept(int length, string? code) =>
        Assert.Equal(code, Check(Content with { Reason = "  " + new string('x', length) + "\n" })?.Code);

    [Theory]
    [InlineData(0, null)]
    [InlineData(200, null)]
    [InlineData(201, "TicketTooLong")]
    [InlineData(10_000, "TicketTooLong")]
    public void CheckContent_TicketLength_IsAtMostTwoHundred(int length, string? code) =>
        Assert.Equal(code, Check(Content with { Ticket = new string('x', length) })?.Code);

    [Theory]
    [InlineData("<i>OPS-1</i>", null)]
    [InlineData("OPS-1\nOPS-2", "TicketCharacters")]
    [InlineData("OPS\t1", "TicketCharacters")]
    public void CheckContent_Ticket_IsOneLine(string ticket, string? code) => Assert.Equal(code, Check(Content with { Ticket = ticket })?.Code);

    [Theory]
    [InlineData(-60, "DurationTooShort")]
    [InlineData(0, "DurationTooShort")]
    [InlineData(59, "DurationTooShort")]
    [InlineData(60, null)]
    [InlineData(3600, null)]
    [InlineData(3601, "DurationTooLong")]
    public void CheckContent_Duration_IsFromAMinuteToTheMaximum(int seconds, string? code) =>
        Assert.Equal(code, Check(Content with { Duration = TimeSpan.FromSeconds(seconds) })?.Code);

    [Fact]
    public void CheckContent_OneTickOverTheMaximum_IsTooLong() =>
        Assert.Equal("DurationTooLong", Check(Content with { Duration = TimeSpan.FromHours(1) + TimeSpan.FromTicks(1) })!.Code);

    [Fact]
    public void CheckContent_DurationTooLong_SaysTheMaximum() =>
        Assert.Contains("1 hour at most", Check(Content with { Duration = TimeSpan.FromHours(2) })!.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(-301, "StartPast")]
    [InlineData(-300, null)]
    [InlineData(0, null)]
    [InlineData(7 * 86_400, null)]
    [InlineData(7 * 86_400 + 1, "StartTooFar")]
    public void CheckContent_Start_IsFromFiveMinutesAgoToAWeek(int seconds, string? code) =>
        Assert.Equal(code, Check(Content with { WantedStart = Moment.AddSeconds(seconds) })?.Code);

    [Theory]
    [InlineData("payments-prod,web-prod", "payments-prod", null)]
    [InlineData("payments-prod,web-prod", "web-prod,payments-prod", null)]
    [InlineData("payments-prod,web-prod", "", "NamespaceMissing")]
    [InlineData("payments-prod,web-prod", "dev", "NamespaceNotOffered")]
    [InlineData("payments-prod,web-prod", "web-prod,dev", "NamespaceNotOffered")]
    [InlineData("payments-prod,web-prod", "Web-Prod", "NamespaceNotOffered")]
    [InlineData("payments-prod,web-prod", "web-prod,web-prod", "NamespaceNotOffered")]
    [InlineData("", "", null)]
    [InlineData("", "dev", "NamespaceNotOffered")]
    public void CheckContent_Namespaces_AreSomeOfThoseOffered(string offered, string chosen, string? code) =>
        Assert.Equal(code, RequestRules.CheckContent(Content with { Namespaces = Split(chosen) }, Entry(namespaces: Split(offered)), Moment)?.Code);

    [Fact]
    public void CheckRequester_GroupsUnknown_IsRefusedEvenIfAnybodyCould() =>
        Assert.Equal("GroupsUnknown", RequestRules.CheckRequester(Entry(), WorkflowOf(), Alice, null, Moment)!.Code);

    [Theory]
    [InlineData("developers", null)]
    [InlineData("sre,developers", null)]
    [InlineData("Developers", "NotRequestable")]
    [InlineData("developers2", "NotRequestable")]
    [InlineData("", "NotRequestable")]
    public void CheckRequester_Groups_AreThoseOfTheWorkflowExactly(string groups, string? code) =>
        Assert.Equal(code, RequestRules.CheckRequester(Entry(), WorkflowOf(), Alice, Split(groups), Moment)?.Code);

    [Theory]
    [InlineData(0, true)]
    [InlineData(86_399, true)]
    [InlineData(86_400, false)]
    public void CheckRequester_ChangedItSecondsAgo_WaitsADay(int seconds, bool refused)
    {
        var made = Moment.AddSeconds(-seconds);
        var expected = refused ? "ChangedItRecently" : null;

        Assert.Equal(expected, RequestRules.CheckRequester(Entry(madeBy: Alice, madeAt: made), WorkflowOf(), Alice, ["developers"], Moment)?.Code);
        Assert.Equal(expected, RequestRules.CheckRequester(Entry(), WorkflowWith(madeBy: Alice, madeAt: made), Alice, ["developers"], Moment)?.Code);
        Assert.Null(RequestRules.CheckRequester(Entry(madeBy: Bob, madeAt: made), WorkflowWith(madeBy: Bob, madeAt: made), Alice, ["developers"], Moment));
        Assert.Null(RequestRules.CheckRequester(Entry(madeAt: made), WorkflowWith(madeAt: made), Alice, ["developers"], Moment));
    }

    [Fact]
    public void CheckRules_UnknownOrEmpty_CannotBeGranted()
    {
        Assert.Equal("RoleUnknown", RequestRules.CheckRules(null)!.Code);
        Assert.Equal("RoleEmpty", RequestRules.CheckRules(RoleRules.Empty)!.Code);
        Assert.Null(RequestRules.CheckRules(Rules));
    }

    private static Refusal? Check(AccessRequestContent content) => RequestRules.CheckContent(content, Entry(), Moment);

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

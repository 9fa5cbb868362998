using Bunit;
using Lapse.Domain;
using Lapse.Infrastructure.Ledger;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Ledger;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class LedgerPageTests : PageTestContext<LedgerAsk, LedgerView>
{
    private static readonly string Hash = new('a', 64);

    private readonly FakeVerification _verification = new();

    public LedgerPageTests()
    {
        Services.AddSingleton<IPageQuery<VerificationAsk, VerificationView>>(_verification);
        SignIn("sam", "lapse-auditors");
    }

    [Fact]
    public void Page_WhileItReads_KeepsTheRoomAndTheFilters()
    {
        var page = Open();

        Assert.NotNull(page.Find("[aria-busy=true]"));
        Assert.Equal(["All", "Requests", "Access", "Step-ups", "Changes", "Findings", "Standing bindings", "Sign-ins", "People", "Alerts"], page.FindAll(".filter-chip").Select(chip => chip.TextContent));
    }

    [Fact]
    public void Page_Denied_ShowsNeitherEntriesNorVerificationNorExports()
    {
        Query.Answer(_ => new Refusal("LedgerDenied", "The ledger is for admins and auditors. Nothing was shown.", "/"));
        var page = Open();

        Assert.Equal("LedgerDenied", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Single(page.FindAll("h1"));
        Assert.Empty(page.FindAll("table, button, a[download], form"));
    }

    [Fact]
    public void Page_Failure_HasANumberAndReadsAgain()
    {
        Query.Fail();
        var page = Open();
        Assert.Matches("^[0-9a-f]{32}$", page.Find("[role=alert] code").TextContent);

        Query.Answer(new LedgerView([Row(1)], null));
        page.Find("[role=alert] button").Click();

        Assert.Single(page.FindAll("tbody tr"));
    }

    [Fact]
    public void Page_Empty_SaysWhenTheFirstEntryComes()
    {
        Query.Answer(new LedgerView([], null));

        Assert.Contains("The ledger is empty", Open().Find(".empty").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_NothingFound_OffersEverythingAgain()
    {
        Query.Answer(new LedgerView([], null));

        Assert.Equal("/ledger", Open("/ledger?actor=nobody").Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public void Row_SaysWhenWhoWhatAndToWhat_AndUnfoldsToWhatWasHashed()
    {
        Query.Answer(new LedgerView([Row(7)], null));
        var page = Open();
        var row = page.Find("tbody tr");
        foreach (var said in new[] { "7", "5 minutes ago", "Alice", "submitted a request", "edit in payments-prod", "aaaaaaaaaaaa" })
            Assert.Contains(said, row.TextContent, StringComparison.Ordinal);
        Assert.Equal("/requests/1", row.QuerySelector("td a")!.GetAttribute("href"));
        Assert.DoesNotContain("<b>why</b>", page.Markup, StringComparison.Ordinal);

        page.Find(".unfold").Click();

        Assert.Equal("true", page.Find(".unfold").GetAttribute("aria-expanded"));
        var details = page.Find(".unfolded");
        Assert.Equal("""{"reason":"<b>why</b>"}""", details.QuerySelector(".content")!.TextContent);
        Assert.Null(details.QuerySelector("b"));
        Assert.Contains(Hash, details.TextContent, StringComparison.Ordinal);
        Assert.Equal(["/ledger?actor=person%3A1", "/ledger?subject=request%3A1"], details.QuerySelectorAll("a").Select(a => a.GetAttribute("href")));
        page.Find(".unfold").Click();
        Assert.Empty(page.FindAll(".unfolded"));
    }

    [Fact]
    public void Address_WithFilters_IsAskedShownAndExported()
    {
        Query.Answer(new LedgerView([Row(1)], null));
        var page = Open("/ledger?act=grant&actor=alice&subject=request:1&from=2026-11-24T10:00:00Z&to=2026-11-24T11:30:00Z");

        Assert.Equal(new LedgerFilter("grant", "alice", "request:1", Utc(10, 0), Utc(11, 30)), Query.Asked[^1].Filter);
        Assert.Equal("Access", page.Find(".filter-chip[aria-current]").TextContent);
        // 10:00 in UTC is 11:00 for a viewer in Berlin.
        Assert.Equal(["alice", "request:1", "2026-11-24T11:00", "2026-11-24T12:30"], page.FindAll(".ledger-filters input").Select(i => i.GetAttribute("value")));
        Assert.Equal(
            ["/ledger/export.jsonl?act=grant&actor=alice&subject=request%3A1&from=2026-11-24T10%3A00%3A00Z&to=2026-11-24T11%3A30%3A00Z", "/ledger/export.csv?act=grant&actor=alice&subject=request%3A1&from=2026-11-24T10%3A00%3A00Z&to=2026-11-24T11%3A30%3A00Z"],
            page.FindAll("a[download]").Select(a => a.GetAttribute("href")));
    }

    [Fact]
    public void Filter_Typed_GoesToTheAddressInUtcAndKeepsTheChip()
    {
        Query.Answer(new LedgerView([], null));
        var page = Open("/ledger?act=request");

        page.Find("input[name=actor]").Change(" bob ");
        page.Find("input[name=from]").Change("2026-11-24T11:00");
        page.Find(".ledger-filters").Submit();

        Assert.Equal("http://localhost/ledger?act=request&actor=bob&from=2026-11-24T10%3A00%3A00Z", Address);
        page.WaitForAssertion(() => Assert.Equal(new LedgerFilter("request", "bob", "", Utc(10, 0)), Query.Asked[^1].Filter));
    }

    [Fact]
    public void Address_WithATimeThatIsNone_SaysSo()
    {
        Query.Answer(new LedgerView([Row(1)], null));
        var page = Open("/ledger?from=yesterday");

        Assert.Equal("TimeFormat", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Single(page.FindAll("tbody tr"));
    }

    [Fact]
    public void More_AsksBeforeTheLastEntry()
    {
        Query.Answer(ask => ask.Before is null ? new LedgerView([Row(9)], 9) : new LedgerView([Row(8)], null));
        var page = Open();

        page.Find(".more-row button").Click();

        Assert.Equal(9, Query.Asked[^1].Before);
        Assert.Equal(2, page.FindAll("tbody tr").Count);
    }

    [Fact]
    public void Verify_Intact_GivesTheHeadToKeep()
    {
        Query.Answer(new LedgerView([Row(1)], null));
        _verification.Found = new LedgerVerification(LedgerFault.None, 1200, null, Hash, "");
        var page = Open();

        page.Find(".verify input").Input("5:x");
        Verify(page);

        Assert.Equal("5:x", _verification.Asked);
        Assert.Contains("All 1,200 entries are intact", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Contains($"1200:{Hash}", page.Find("[role=status] code").TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LedgerFault.EntryChanged, "Entry 3 was changed after it was written.")]
    [InlineData(LedgerFault.TailCut, "The ledger ends at entry 2, but entry 5 was noted earlier: the tail was cut.")]
    public void Verify_Broken_NamesWhatIsWrongLoudly(LedgerFault fault, string message)
    {
        Query.Answer(new LedgerView([Row(1)], null));
        _verification.Found = new LedgerVerification(fault, 2, 3, Hash, message);
        var page = Open();

        Verify(page);

        var alert = page.Find("[data-fault]");
        Assert.Equal(("alert", fault.ToString()), (alert.GetAttribute("role"), alert.GetAttribute("data-fault")));
        Assert.Contains(message, alert.TextContent, StringComparison.Ordinal);
        Assert.Contains("Entries 1 to 2 are intact", alert.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("[role=status]"));
    }

    [Fact]
    public void Verify_ExpectationThatIsNone_SaysSoAtTheField()
    {
        Query.Answer(new LedgerView([Row(1)], null));
        _verification.Refusal = new("ExpectedFormat", "Write what you noted as SEQUENCE:HASH.");
        var page = Open();

        Verify(page);

        Assert.Contains("SEQUENCE:HASH", page.Find(".verify .error").TextContent, StringComparison.Ordinal);
        Assert.Equal("true", page.Find(".verify input").GetAttribute("aria-invalid"));
    }

    private static void Verify(IRenderedComponent<LedgerPage> page) => page.FindAll(".verify button").Single(b => b.TextContent.Trim() == "Verify").Click();

    private static DateTimeOffset Utc(int hour, int minute) => new(2026, 11, 24, hour, minute, 0, TimeSpan.Zero);

    private static LedgerRow Row(long sequence) => new(
        sequence, Samples.Now.AddMinutes(-5), "person:1", "Alice", "alice", "request.submitted", "request:1", "edit in payments-prod", "/requests/1",
        """{"reason":"<b>why</b>"}""", new('0', 64), Hash);

    private IRenderedComponent<LedgerPage> Open(string address = "/ledger")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<LedgerPage>();
    }

    private sealed class FakeVerification : IPageQuery<VerificationAsk, VerificationView>
    {
        public LedgerVerification? Found { get; set; }

        public Refusal? Refusal { get; set; }

        public string? Asked { get; private set; }

        public Task<Outcome<VerificationView>> AskAsync(Actor actor, VerificationAsk ask, CancellationToken cancellation)
        {
            Asked = ask.Expected;
            Outcome<VerificationView> outcome = Refusal is { } refusal ? refusal : new VerificationView(Found!, Samples.Now);
            return Task.FromResult(outcome);
        }
    }
}

using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Catalogue;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class CatalogueQueryTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private TestPortal _portal = null!;
    private Actor _alice = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        _alice = await _portal.PersonAsync("alice", "developers");
    }

    [Fact]
    public async Task AskAsync_EntriesOfOtherGroupsAndRetiredOnes_AreNotShown()
    {
        await _portal.ClusterAsync();
        await _portal.EntryAsync("Edit payments");
        await _portal.EntryAsync("Root of everything", requesters: ["sre"]);
        await _portal.EntryAsync("Old thing", retiredAt: TestPortal.Now);

        Assert.Equal(["Edit payments"], (await AskAsync(_alice)).Entries.Select(e => e.Title));
        Assert.Empty((await AskAsync(await _portal.PersonAsync("sam", "lapse-auditors"))).Entries);
        Assert.Empty((await AskAsync(await _portal.PersonAsync("nobody"))).Entries);
    }

    [Fact]
    public async Task AskAsync_Entry_SaysWhatItAllowsWhereAndWhoApproves()
    {
        await _portal.ClusterAsync(ClusterState.Starting, 40);
        await _portal.EntryAsync("Edit payments", approvals: 2);

        var entry = Assert.Single((await AskAsync(_alice)).Entries);

        Assert.Equal("2 approvals by developers", entry.Approval);
        Assert.Contains(entry.Facts.Abilities, a => a.Sentence.Contains("Secrets", StringComparison.Ordinal) && a.Sentence.Contains("payments-prod", StringComparison.Ordinal));
        Assert.Contains(entry.Facts.Lasting, way => way.Code == "SecretCopies");
        Assert.Equal(TestPortal.Now.AddMinutes(-2), entry.Facts.ReadAt);
        Assert.Equal((ClusterState.Starting, 40), (entry.Cluster.State, entry.Cluster.Percent));
        Assert.Null(entry.Hindrance);
    }

    [Fact]
    public async Task AskAsync_RoleThatNoClusterHasShown_SaysSoInsteadOfOfferingIt()
    {
        await _portal.ClusterAsync();
        await _portal.EntryAsync("Unknown role", role: "nowhere");

        var entry = Assert.Single((await AskAsync(_alice)).Entries);

        Assert.False(entry.Facts.AreKnown);
        Assert.Equal("RoleUnknown", entry.Hindrance?.Code);
    }

    [Fact]
    public async Task AskAsync_OpenRequest_IsNamedToItsRequesterOnly()
    {
        await _portal.ClusterAsync();
        var entry = await _portal.EntryAsync("Edit payments");
        var id = await _portal.SubmittedAsync(_alice, entry);

        Assert.Equal(id, Assert.Single((await AskAsync(_alice)).Entries).Open?.Id);
        Assert.Null(Assert.Single((await AskAsync(await _portal.PersonAsync("bob", "developers"))).Entries).Open);
    }

    [Theory]
    [InlineData("payments", "Edit payments")]
    [InlineData("WEB", "Web shop")]
    [InlineData("sandbox edit web-prod", "Web shop")]
    [InlineData("100%", "100% of it")]
    [InlineData("%", "100% of it")]
    [InlineData("_", "")]
    [InlineData("nothing like it", "")]
    [InlineData("payments\0", "")]
    [InlineData("<script>", "")]
    public async Task AskAsync_Search_LooksAtTitleRolePlaceAndCluster(string search, string titles)
    {
        await _portal.ClusterAsync();
        await _portal.EntryAsync("Edit payments");
        await _portal.EntryAsync("Web shop", namespaces: ["web-prod"]);
        await _portal.EntryAsync("100% of it", namespaces: ["dev"]);

        Assert.Equal(titles.Length == 0 ? [] : [titles], (await AskAsync(_alice, search)).Entries.Select(e => e.Title));
    }

    [Fact]
    public async Task AskAsync_SearchThatNoEntryCanMatch_FindsNothingAndBreaksNothing()
    {
        await _portal.ClusterAsync();
        await _portal.EntryAsync("Edit payments");
        // Half a character, and one that lies across the longest search. They are no test data of an attribute: those must be whole.
        foreach (var search in new[] { "half \uD83D", new string('x', 99) + "\uD83D\uDE00", new string('x', 10_000) })
            Assert.Empty((await AskAsync(_alice, search)).Entries);
    }

    [Fact]
    public async Task AskAsync_ManyEntries_ComeInPartsWithoutGapOrRepetition()
    {
        await _portal.ClusterAsync();
        foreach (var number in Enumerable.Range(1, 7)) await _portal.EntryAsync($"Entry {number}");
        List<string> titles = [];
        CatalogueCursor? after = null;
        do
        {
            var part = (await new CatalogueQuery(Database, _portal.Guard, _portal.Clock).AskAsync(_alice, new("", after, 3), Cancellation)).Value;
            titles.AddRange(part.Entries.Select(e => e.Title));
            after = part.Next;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(1, 7).Select(n => $"Entry {n}"), titles);
    }

    private async Task<CatalogueView> AskAsync(Actor actor, string search = "") =>
        (await new CatalogueQuery(Database, _portal.Guard, _portal.Clock).AskAsync(actor, new(search), Cancellation)).Value;
}

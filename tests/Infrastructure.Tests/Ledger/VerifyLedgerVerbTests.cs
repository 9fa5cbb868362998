using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Ledger;

/// <summary><c>lapse verify-ledger</c> as somebody runs it.</summary>
public sealed class VerifyLedgerVerbTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    [Fact]
    public async Task VerifyLedger_TailCutAndHeadMovedBack_IsFoundWithExpect()
    {
        var first = await AppendAsync();
        var last = await AppendAsync();
        Assert.Equal((0, $"All 2 entries are intact. Head {last}"), await RunAsync("--expect", last));
        await Database.ExecuteAsOwnerAsync($"""
            ALTER TABLE ledger_entries DISABLE TRIGGER ALL;
            DELETE FROM ledger_entries WHERE sequence = 2;
            UPDATE ledger_head SET sequence = 1, hash = '\x{first.Split(':')[1]}';
            """, Cancellation);

        Assert.Equal((0, $"All 1 entries are intact. Head {first}"), await RunAsync());
        var (code, said) = await RunAsync("--expect", last);

        Assert.Equal(1, code);
        Assert.Contains("the tail was cut", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyLedger_ExpectThatIsNone_IsNotRun() => Assert.Equal((2, ""), await RunAsync("--expect", "yesterday"));

    private async Task<string> AppendAsync()
    {
        await using var db = Database.CreateDbContext();
        db.Record(DateTimeOffset.UnixEpoch, LedgerActor.Lapse, LedgerActs.Alert, "test:1", []);
        await db.CommitAsync(Cancellation);
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(Cancellation);
        return $"{head.Sequence}:{Convert.ToHexStringLower(head.Hash)}";
    }

    private async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        var (code, said, _) = await LapseVerb.RunAsync(["verify-ledger", .. arguments], new Dictionary<string, string> { ["ConnectionStrings__Portal"] = Database.ServingConnectionString }, Cancellation);
        return (code, said);
    }
}

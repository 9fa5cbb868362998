using System.Diagnostics;
using System.Text;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Emergency;
using Npgsql;
using NpgsqlTypes;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// An admin ends everything in an emergency with 5,000 grants active: from the click until it is committed and the page has its answer;
/// from then on the reconciler ends what is marked. The limit: one update of as many rows and as many chained ledger entries, in as few
/// statements as can be, in one transaction on the same tables.
/// </summary>
internal sealed class EmergencyClick : IScenario
{
    private const string Back = "UPDATE grants SET status = 'Active', end_reason = NULL, ended_by = NULL, revoking_since = NULL, due_at = ends_at WHERE id = ANY($1)";
    private const string Mark = "UPDATE grants SET status = 'Revoking', end_reason = 'Revoked', ended_by = $1, revoking_since = $2, due_at = $2 WHERE status = 'Active' RETURNING id";

    /// <inheritdoc/>
    public string Name => "emergency";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        await using var database = await bench.DatabaseAsync(cancellation);
        await using var place = await Place.CreateAsync(bench, 10, cancellation);
        var story = await Story.BeginAsync(database, place.Address, cancellation);
        var (count, rounds) = (bench.Size(5000, 40), bench.Size(5, 1));
        var click = new EndInEmergency(database, new ActorGuard(TimeProvider.System, new PortalGroups(), new SignInLifetime(TimeSpan.FromHours(8))), TimeProvider.System);
        Bench.Say($"  making {count} active grants");
        var grants = await ActiveGrants.CreateAsync(database, story, place, count, cancellation);

        List<double> lapse = [], bare = [];
        // The first of each only warms up. In turns, so that what else the machine does meets both alike.
        for (var round = 0; round <= rounds; round++)
        {
            var (clicked, least) = (await ClickAsync(click, story.Dana, count, cancellation), TimeSpan.Zero);
            await MakeActiveAsync(database, grants, cancellation);
            least = await BareAsync(database, story.Dana, count, cancellation);
            await MakeActiveAsync(database, grants, cancellation);
            if (round == 0) continue;
            lapse.Add(clicked.TotalMilliseconds);
            bare.Add(least.TotalMilliseconds);
        }
        table.Add(Figure.Beside($"emergency: everything ended with {count} grants active, until it is committed and answered, p50", Percentiles.Of(lapse, 50), Percentiles.Of(bare, 50)));
        table.Add(Figure.Note("the same, the slowest", lapse.Max(), "ms"));
    }

    private static async Task<TimeSpan> ClickAsync(EndInEmergency click, Actor admin, int count, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var ended = await click.EndAsync(admin, new EmergencyScope.Everything(), hold: false, "Break-in", cancellation);
        var took = Stopwatch.GetElapsedTime(started);
        return ended.Succeeded && ended.Value.Grants == count ? took : throw new InvalidOperationException("Not everything was ended.");
    }

    // Nobody works on them meanwhile: no replica runs.
    private static async Task MakeActiveAsync(TestDatabase database, List<GrantId> grants, CancellationToken cancellation)
    {
        await using (var back = database.Owner.CreateCommand(Back))
        {
            back.Parameters.Add(new NpgsqlParameter { Value = grants.ConvertAll(id => id.Value) });
            await back.ExecuteNonQueryAsync(cancellation);
        }
        await database.ExecuteAsOwnerAsync("VACUUM ANALYZE grants", cancellation);
    }

    private static async Task<TimeSpan> BareAsync(TestDatabase database, Actor admin, int count, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        await using var connection = await database.Serving.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var now = DateTimeOffset.UtcNow;
        List<Guid> marked = [];
        await using (var mark = new NpgsqlCommand(Mark, connection) { Parameters = { new() { Value = admin.PersonId.Value }, new() { Value = now } } })
        await using (var reader = await mark.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation)) marked.Add(reader.GetGuid(0));
        if (marked.Count != count) throw new InvalidOperationException("Not everything was marked.");
        var (sequence, hash) = (0L, Array.Empty<byte>());
        await using (var head = new NpgsqlCommand("SELECT sequence, hash FROM ledger_head WHERE id = 1 FOR UPDATE", connection))
        await using (var reader = await head.ExecuteReaderAsync(cancellation))
        {
            await reader.ReadAsync(cancellation);
            (sequence, hash) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        }
        var (actor, content) = (LedgerActor.Of(admin.PersonId), Encoding.UTF8.GetBytes("""{"comment":"Break-in","reason":"Revoked"}"""));
        await using (var copy = await connection.BeginBinaryImportAsync("COPY ledger_entries (sequence, time, actor, act, subject, content, previous_hash, hash) FROM STDIN (FORMAT BINARY)", cancellation))
        {
            foreach (var grant in marked)
            {
                var entry = LedgerEntry.After(sequence, hash, now, actor, LedgerActs.GrantRevoking, LedgerSubject.Of(GrantId.From(grant)), content);
                (sequence, hash) = (entry.Sequence, entry.Hash);
                await copy.StartRowAsync(cancellation);
                await copy.WriteAsync(entry.Sequence, NpgsqlDbType.Bigint, cancellation);
                await copy.WriteAsync(entry.Time, NpgsqlDbType.TimestampTz, cancellation);
                await copy.WriteAsync(entry.Actor, NpgsqlDbType.Text, cancellation);
                await copy.WriteAsync(entry.Act, NpgsqlDbType.Text, cancellation);
                await copy.WriteAsync(entry.Subject, NpgsqlDbType.Text, cancellation);
                await copy.WriteAsync(entry.Content, NpgsqlDbType.Bytea, cancellation);
                await copy.WriteAsync(entry.PreviousHash, NpgsqlDbType.Bytea, cancellation);
                await copy.WriteAsync(entry.Hash, NpgsqlDbType.Bytea, cancellation);
            }
            await copy.CompleteAsync(cancellation);
        }
        await using (var move = new NpgsqlCommand("UPDATE ledger_head SET sequence = $1, hash = $2 WHERE id = 1", connection) { Parameters = { new() { Value = sequence }, new() { Value = hash } } })
            await move.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return Stopwatch.GetElapsedTime(started);
    }
}

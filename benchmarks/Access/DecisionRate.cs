using System.Diagnostics;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// Decisions per second with 50 approvers at once: each answers a step-up of theirs with a token of the provider, which Lapse verifies,
/// and the approval is done. The limit: a guarded update and a ledger entry in one transaction, by as many at once, on the same tables.
/// </summary>
internal sealed class DecisionRate : IScenario
{
    private const int Approvers = 50;

    /// <inheritdoc/>
    public string Name => "decisions";

    /// <inheritdoc/>
    public async Task RunAsync(Bench bench, FigureTable table, CancellationToken cancellation)
    {
        await using var database = await bench.DatabaseAsync(cancellation);
        using var keys = new ScratchFolder();
        await using var features = TestFeatures.Create(database, TimeProvider.System, keys, Bench.Outbound);
        using var issuer = new TestIssuer(World.Issuer);
        var world = await World.CreateAsync(database, DateTimeOffset.UtcNow, cancellation);
        await using (var db = database.CreateDbContext())
        {
            db.ProviderKeys.Add(issuer.Pin(features.GetRequiredService<Infrastructure.Keys.InstallationKey>(), DateTimeOffset.UtcNow));
            await db.CommitAsync(cancellation);
        }

        var each = bench.Size(20, 1);
        // The first of each approver only warms up.
        var requests = await AskAsync(database, world, Approvers * (each * 2 + 1), cancellation);
        var answers = await BeginAsync(database, features, issuer, requests.Take(Approvers * (each + 1)), cancellation);
        await AnswerAsync(features, answers.Take(Approvers), cancellation);
        var lapse = await AnswerAsync(features, answers.Skip(Approvers), cancellation);
        var bare = await BareAsync(database, requests.Skip(Approvers * (each + 1)), cancellation);
        table.Add(Figure.Rate($"decisions, {Approvers} approvers at once", lapse, bare, 2));
    }

    /// <summary>Does something with each of many, so many at once, and says how many a second.</summary>
    private static async Task<double> EachAsync<T>(IEnumerable<T> many, Func<T, CancellationToken, Task> act, CancellationToken cancellation)
    {
        List<T> all = [.. many];
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = Approvers, CancellationToken = cancellation }, async (one, token) => await act(one, token));
        return all.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // Each by a person of their own, since nobody asks for the same twice.
    private static async Task<List<AccessRequestId>> AskAsync(TestDatabase database, World world, int count, CancellationToken cancellation)
    {
        List<AccessRequestId> made = [];
        foreach (var batch in Enumerable.Range(0, count).Chunk(100))
        {
            await using var db = database.CreateDbContext();
            var workflow = await db.WorkflowVersions.SingleAsync(v => v.WorkflowId == world.OnePeer.WorkflowId, cancellation);
            foreach (var number in batch)
            {
                var who = World.SignIn(db, $"asker{number}", world.Now, "developers");
                var request = AccessRequest.Draft(new(TimeSpan.FromMinutes(30), null, "The queue is stuck", "OPS-1"), world.OnePeer, workflow, World.Rules, who.PersonId, $"oidc:asker{number}", world.Now);
                db.AccessRequests.Add(request);
                request.Submit(workflow, world.Proof(db, StepUpActs.Submit(request, world.OnePeer, workflow), who, ["developers"]).Id, world.Now);
                made.Add(request.Id);
            }
            await db.CommitAsync(cancellation);
        }
        return made;
    }

    // The approver has looked at the page, left for the provider, and is about to come back with this token.
    private static async Task<List<Answer>> BeginAsync(TestDatabase database, ServiceProvider features, TestIssuer issuer, IEnumerable<AccessRequestId> requests, CancellationToken cancellation)
    {
        List<(Actor Who, string Name, AccessRequestId Request)> wanted = [];
        await using (var db = database.CreateDbContext())
        {
            foreach (var request in requests)
            {
                var name = $"approver{wanted.Count}";
                wanted.Add((World.SignIn(db, name, DateTimeOffset.UtcNow, "developers", "sre"), name, request));
            }
            await db.CommitAsync(cancellation);
        }
        var answers = new Answer[wanted.Count];
        await EachAsync(
            Enumerable.Range(0, wanted.Count),
            async (index, token) =>
            {
                var (who, name, request) = wanted[index];
                var id = Value(await features.GetRequiredService<DecideRequest>().ApproveAsync(who, request, 1, "Go", token));
                var challenge = Value(await features.GetRequiredService<StepUpEngine>().StartAsync(who, id, token));
                answers[index] = new(who, id, issuer.Token($"sub-{name}", name, challenge.Nonce, DateTimeOffset.UtcNow, ["developers", "sre"]));
            },
            cancellation);
        return [.. answers];
    }

    private static Task<double> AnswerAsync(ServiceProvider features, IEnumerable<Answer> answers, CancellationToken cancellation)
    {
        var (verifier, engine) = (features.GetRequiredService<TokenVerifier>(), features.GetRequiredService<StepUpAnswer>());
        return EachAsync(answers, async (answer, token) => Value(await engine.AnswerAsync(answer.Who, answer.Challenge, answer.Token, Value(await verifier.VerifyEvidenceAsync(answer.Token, token)), token)), cancellation);
    }

    private static Task<double> BareAsync(TestDatabase database, IEnumerable<AccessRequestId> requests, CancellationToken cancellation) => EachAsync(
        requests,
        async (request, token) =>
        {
            await using var connection = await database.Serving.OpenConnectionAsync(token);
            await using var transaction = await connection.BeginTransactionAsync(token);
            await using var update = new NpgsqlCommand("UPDATE access_requests SET status = 'Approved' WHERE id = $1 AND status = 'AwaitingApproval' AND version = 1", connection) { Parameters = { new() { Value = request.Value } } };
            if (await update.ExecuteNonQueryAsync(token) != 1) throw new InvalidOperationException("The guard did not hold.");
            LedgerEntry entry;
            await using (var head = new NpgsqlCommand("SELECT sequence, hash FROM ledger_head WHERE id = 1 FOR UPDATE", connection))
            await using (var reader = await head.ExecuteReaderAsync(token))
            {
                await reader.ReadAsync(token);
                entry = LedgerEntry.After(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), DateTimeOffset.UtcNow, "person:x", LedgerActs.RequestApproved, LedgerSubject.Of(request), "{}"u8.ToArray());
            }
            await using var append = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new("INSERT INTO ledger_entries (sequence, time, actor, act, subject, content, previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
                    {
                        Parameters =
                        {
                            new() { Value = entry.Sequence }, new() { Value = entry.Time, NpgsqlDbType = NpgsqlDbType.TimestampTz }, new() { Value = entry.Actor }, new() { Value = entry.Act },
                            new() { Value = entry.Subject }, new() { Value = entry.Content }, new() { Value = entry.PreviousHash }, new() { Value = entry.Hash },
                        },
                    },
                    new("UPDATE ledger_head SET sequence = $1, hash = $2 WHERE id = 1") { Parameters = { new() { Value = entry.Sequence }, new() { Value = entry.Hash } } },
                },
            };
            await append.ExecuteNonQueryAsync(token);
            await transaction.CommitAsync(token);
        },
        cancellation);

    private static T Value<T>(Outcome<T> outcome) => outcome.Succeeded ? outcome.Value : throw new InvalidOperationException($"Refused: {outcome.Refusal!.Code}.");

    private sealed record Answer(Actor Who, StepUpChallengeId Challenge, string Token);
}

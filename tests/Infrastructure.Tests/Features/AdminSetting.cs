using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>The administration on a test's database: dana and dave are admins, and the engine's part is played with proofs that need no provider.</summary>
public abstract class AdminSetting(PostgresFixture postgres) : DatabaseTest(postgres)
{
    protected static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private readonly ScratchFolder _keys = new();
    private ServiceProvider _services = null!;

    protected World World { get; private set; } = null!;

    protected ProposeChange Propose => Get<ProposeChange>();

    /// <summary>What calls to clusters follow; the sandbox's API server is on loopback.</summary>
    protected virtual OutboundOptions Outbound => ControlPlaneFixture.Outbound;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        World = await World.CreateAsync(Database, Now, Cancellation);
        _services = TestFeatures.Create(Database, new StandingClock(), _keys, Outbound);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _services.DisposeAsync();
        _keys.Dispose();
        await base.DisposeAsync();
    }

    protected T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Asks the query of a page.</summary>
    protected Task<Outcome<TView>> AskAsync<TAsk, TView>(Actor actor, TAsk ask) => Get<IPageQuery<TAsk, TView>>().AskAsync(actor, ask, Cancellation);

    /// <summary>There is no other admin than dana.</summary>
    protected Task LeaveDanaAloneAsync() => Database.ExecuteAsOwnerAsync($"UPDATE people SET disabled_at = now() WHERE id = '{World.Dave.PersonId}'", Cancellation);

    /// <summary>The challenge that a use case began is answered with a verified proof.</summary>
    /// <param name="begun">The challenge.</param>
    /// <param name="token">The token that the proof keeps.</param>
    /// <returns>Why it was refused; <see langword="null"/> when it was done.</returns>
    protected async Task<Refusal?> AnswerAsync(Outcome<StepUpChallengeId> begun, string token = "the portal's token")
    {
        Assert.Null(begun.Refusal);
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleAsync(c => c.Id == begun.Value, Cancellation);
        var handler = _services.GetServices<IStepUpActHandler>().Single(h => h.Kind == challenge.Act);
        var named = await handler.RebuildAsync(db, challenge, Cancellation);
        if (!named.Succeeded) return named.Refusal;
        Assert.True(challenge.IsFor(named.Value.Act));
        var plain = World.NewProof(challenge, ["lapse-admins"]);
        var proof = Sealed(plain, Get<Sealer>().Seal(SealPurposes.ProofToken(plain.Id), System.Text.Encoding.UTF8.GetBytes(token)));
        db.StepUpProofs.Add(proof);
        var outcome = await handler.ActAsync(db, challenge, proof, Cancellation);
        if (!outcome.Succeeded) return outcome.Refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    /// <summary>The newest change, of a cluster only where there is no other: the clock stands still, so ids of one moment have no order.</summary>
    protected async Task<ConfigurationChange> ChangeAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.ConfigurationChanges.AsNoTracking().OrderBy(c => c.Kind == ChangeKind.Cluster).ThenByDescending(c => c.Id).FirstAsync(Cancellation);
    }

    protected async Task<ElevatedRoleVersion> CurrentAsync(ElevatedRoleId id)
    {
        await using var db = Database.CreateDbContext();
        var role = await db.ElevatedRoles.AsNoTracking().SingleAsync(r => r.Id == id, Cancellation);
        return await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == id && v.Version == role.CurrentVersion, Cancellation);
    }

    protected async Task<WorkflowVersion> CurrentAsync(WorkflowId id)
    {
        await using var db = Database.CreateDbContext();
        var workflow = await db.Workflows.AsNoTracking().SingleAsync(w => w.Id == id, Cancellation);
        return await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.WorkflowId == id && v.Version == workflow.CurrentVersion, Cancellation);
    }

    /// <summary>The acts in the ledger about a subject, in order, with their content.</summary>
    protected async Task<List<(string Act, JsonObject Content)>> LedgerAsync(string subject)
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        return [.. entries.Select(e => (e.Act, JsonNode.Parse(e.Content)!.AsObject()))];
    }

    protected static WorkflowForm FormOf(WorkflowVersion version) =>
        new(version.WorkflowId, version.Version, version.Title, version.RequesterGroups, version.Stages, version.TimeToLive, version.ProvisionWithin);

    private static StepUpProof Sealed(StepUpProof proof, byte[] token) => new()
    {
        Id = proof.Id,
        ChallengeId = proof.ChallengeId,
        PersonId = proof.PersonId,
        Issuer = proof.Issuer,
        Subject = proof.Subject,
        Nonce = proof.Nonce,
        Salt = proof.Salt,
        ChallengedAt = proof.ChallengedAt,
        AuthenticatedAt = proof.AuthenticatedAt,
        Acr = proof.Acr,
        Amr = proof.Amr,
        Groups = proof.Groups,
        SealedToken = token,
        TokenHash = proof.TokenHash,
        KeyId = proof.KeyId,
        VerifiedAt = proof.VerifiedAt,
    };

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}

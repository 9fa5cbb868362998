using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>The ground of tests of extensions, on the real PostgreSQL: an access of alice that can be extended, and the engine's part.</summary>
public abstract class ExtendAccessTest(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private protected static readonly DateTimeOffset Now = TestPortal.Now;
    private protected static readonly AccessRequestContent More = new(TimeSpan.FromMinutes(45), null, "Not done yet", "OPS-2");

    private protected readonly ScratchFolder _keys = new();
    private protected InstallationKey? _key;
    private protected TestPortal _portal = null!;
    private protected TestPortal.Entry _entry = null!;
    private protected Actor _alice = null!;
    private protected Actor _bob = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _bob = await _portal.PersonAsync("bob", "developers");
        _entry = await _portal.EntryAsync("Edit payments", namespaces: ["payments-prod", "web-prod"]);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _keys.Dispose();
        await base.DisposeAsync();
    }

    private protected StepUpEngine Engine => new(
        Database, _portal.Guard,
        new ProviderGate(new ProviderOptions { Profile = ProviderProfile.Sandbox }, new ProviderMode(IsSandbox: true), _key ??= InstallationKey.Create(_keys.Path), _portal.Clock),
        new StepUpHandlers([new SubmitRequest(_portal.Clock), new ApproveRequest(_portal.Clock)]), Limits, _portal.Clock);

    private protected PersonLimits Limits => new(new LimitOptions(), _portal.Clock);

    /// <summary>An access of alice that has been usable for five minutes.</summary>
    private protected async Task<AccessRequestId> ActiveAsync()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));
        return id;
    }

    private protected async Task<Refusal?> ExtendAsync(Actor actor, AccessRequestId earlier, AccessRequestContent? content = null) =>
        (await new AskForAccess(Database, _portal.Guard, Engine, Limits, _portal.Clock).ExtendAsync(actor, earlier, content ?? More, Cancellation)).Refusal;

    private protected async Task<AccessRequestId> DraftAsync(AccessRequestId earlier)
    {
        await using var db = Database.CreateDbContext();
        var draft = AccessRequest.Draft(More with { Namespaces = _entry.Version.Namespaces }, _entry.Version, _entry.Workflow, TestPortal.Edit, _alice.PersonId, "oidc:alice", Now, earlier);
        db.AccessRequests.Add(draft);
        await db.CommitAsync(Cancellation);
        return draft.Id;
    }

    private protected async Task<Refusal?> SubmitAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        if (await ActAsync(db, new SubmitRequest(_portal.Clock), id, _alice) is { } refusal) return refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    private protected async Task<PortalDbContext> BeginSubmitAsync(AccessRequestId id)
    {
        var db = Database.CreateDbContext();
        Assert.Null(await ActAsync(db, new SubmitRequest(_portal.Clock), id, _alice));
        return db;
    }

    private protected async Task<Refusal?> ApproveAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        if (await ActAsync(db, new ApproveRequest(_portal.Clock), id, _bob) is { } refusal) return refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    // Plays the engine's part, with a proof of groups that may.
    private protected static async Task<Refusal?> ActAsync(PortalDbContext db, IStepUpActHandler handler, AccessRequestId id, Actor actor)
    {
        await db.Database.BeginTransactionAsync(Cancellation);
        var challenge = StepUpChallenge.Draft(new(handler.Kind, id.Value, 1, "", false, "/"), actor.PersonId, actor.SessionId, Now);
        var named = await handler.RebuildAsync(db, challenge, Cancellation);
        if (!named.Succeeded) return named.Refusal;
        challenge.Bind(named.Value.Act);
        var proof = new StepUpProof
        {
            Id = UuidId.New<StepUpProofId>(Now),
            ChallengeId = challenge.Id,
            PersonId = actor.PersonId,
            Issuer = "https://provider.test/",
            Subject = "s",
            Nonce = challenge.Nonce,
            Salt = challenge.Salt,
            ChallengedAt = Now,
            AuthenticatedAt = Now,
            Amr = ["pwd", "otp"],
            Groups = ["developers"],
            SealedToken = [1],
            TokenHash = [1],
            KeyId = "k",
            VerifiedAt = Now,
        };
        return (await handler.ActAsync(db, challenge, proof, Cancellation)).Refusal;
    }

    private protected async Task CloseAsync(AccessRequestId id, EndReason reason)
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        await EndAllAsync(db, id, reason);
        await db.CommitAsync(Cancellation);
    }

    private protected static async Task EndAllAsync(PortalDbContext db, AccessRequestId id, EndReason reason)
    {
        var grants = await db.Grants.Where(g => g.RequestId == id).ToListAsync(Cancellation);
        foreach (var grant in grants)
        {
            grant.End(reason, null, Now);
            grant.ProvedGone(Now);
        }
        await db.SaveChangesAsync(Cancellation);
        await db.CloseIfOverAsync(grants[0], Cancellation);
    }

    private protected async Task EndOneAsync(AccessRequestId id, EndReason reason)
    {
        await using var db = Database.CreateDbContext();
        (await db.Grants.FirstAsync(g => g.RequestId == id, Cancellation)).End(reason, null, Now);
        await db.CommitAsync(Cancellation);
    }

    private protected async Task<AccessRequest> ReadAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == id, Cancellation);
    }

    private protected async Task<AccessRequest> OnlyExtensionAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.AsNoTracking().SingleAsync(r => r.ExtendsId != null, Cancellation);
    }

    private protected async Task AssertNothingAskedAsync()
    {
        await using var db = Database.CreateDbContext();
        Assert.False(await db.AccessRequests.AnyAsync(r => r.ExtendsId != null, Cancellation));
    }

    // Until somebody waits for a lock that somebody else holds.
    private protected async Task UntilWaitingAsync()
    {
        await using var look = Database.Owner.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        await Wait.UntilAsync(async () => (long)(await look.ExecuteScalarAsync(Cancellation))! > 0, "somebody waits", Cancellation);
    }
}

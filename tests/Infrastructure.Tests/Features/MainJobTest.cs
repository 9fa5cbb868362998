using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>
/// The use cases of the main job on a real PostgreSQL, each act through the step-up engine itself. Only the provider's signature
/// is taken for verified here; what verifies it has tests of its own.
/// </summary>
public abstract class MainJobTest(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ScratchFolder _keys = new();
    private ServiceProvider _services = null!;

    protected static readonly AccessRequestContent Typed = new(TimeSpan.FromMinutes(30), null, "The queue is stuck", "OPS-1");

    protected SettableClock Clock { get; } = new();

    protected World World { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        World = await World.CreateAsync(Database, Clock.GetUtcNow(), Cancellation);
        _services = TestFeatures.Create(Database, Clock, _keys, ControlPlaneFixture.Outbound);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _services.DisposeAsync();
        _keys.Dispose();
        await base.DisposeAsync();
    }

    protected T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    protected Task<Outcome<StepUpChallengeId>> AskAsync(Actor who, ElevatedRoleVersion entry, AccessRequestContent? content = null) =>
        Get<AskForAccess>().AskAsync(who, entry.ElevatedRoleId, content ?? Typed, Cancellation);

    protected Task<Outcome<StepUpChallengeId>> BeginApprovalAsync(Actor who, AccessRequestId request, int version = 1, string comment = "") =>
        Get<DecideRequest>().ApproveAsync(who, request, version, comment, Cancellation);

    /// <summary>A request that waits (or is approved by its workflow), asked and proved by the use cases.</summary>
    protected async Task<AccessRequestId> SubmittedAsync(ElevatedRoleVersion entry, Actor? who = null, AccessRequestContent? content = null)
    {
        var begun = await AskAsync(who ?? World.Alice, entry, content);
        Assert.Null(await ProveAsync(who ?? World.Alice, begun, "developers"));
        return await SubjectAsync(begun.Value);
    }

    /// <summary>Somebody approves from the first click to the act.</summary>
    protected async Task<Refusal?> ApproveAsync(Actor who, AccessRequestId request, int version = 1, string comment = "")
    {
        var begun = await BeginApprovalAsync(who, request, version, comment);
        return begun.Succeeded ? await ProveAsync(who, begun, "developers", "sre") : begun.Refusal;
    }

    /// <summary>Leaves for the provider and comes back with these groups in the token.</summary>
    /// <returns>Why the act was refused; <see langword="null"/> when it was done.</returns>
    protected async Task<Refusal?> ProveAsync(Actor who, Outcome<StepUpChallengeId> begun, params string[] groups)
    {
        await LeaveAsync(who, begun);
        return await ComeBackAsync(who, begun, groups);
    }

    protected async Task LeaveAsync(Actor who, Outcome<StepUpChallengeId> begun)
    {
        Assert.Null(begun.Refusal);
        Assert.Null((await Get<StepUpEngine>().StartAsync(who, begun.Value, Cancellation)).Refusal);
    }

    protected async Task<Refusal?> ComeBackAsync(Actor who, Outcome<StepUpChallengeId> begun, params string[] groups)
    {
        // No two authentications of a person are in one second.
        Clock.Advance(TimeSpan.FromSeconds(1));
        await using var db = Database.CreateDbContext();
        var challenge = await db.StepUpChallenges.AsNoTracking().SingleAsync(c => c.Id == begun.Value, Cancellation);
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == who.PersonId, Cancellation);
        var claims = new ProofClaims(person.Issuer, ["lapse"], null, person.Subject, challenge.Nonce, Clock.GetUtcNow(), "urn:lapse:mfa", ["pwd", "otp", "mfa"], groups);
        var all = JsonSerializer.SerializeToElement(new { name = person.Name, preferred_username = person.UserName }).EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        return (await Get<StepUpAnswer>().AnswerAsync(who, begun.Value, $"token for {begun.Value}", new VerifiedToken(claims, all, "test"), Cancellation)).Refusal;
    }

    protected async Task<AccessRequestId> SubjectAsync(StepUpChallengeId challenge)
    {
        await using var db = Database.CreateDbContext();
        return AccessRequestId.From(await db.StepUpChallenges.Where(c => c.Id == challenge).Select(c => c.SubjectId).SingleAsync(Cancellation));
    }

    protected async Task<AccessRequest> ReadAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == id, Cancellation);
    }

    protected async Task<List<Grant>> GrantsAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.Grants.AsNoTracking().Where(g => g.RequestId == id).ToListAsync(Cancellation);
    }

    protected async Task<List<Decision>> DecisionsAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.Decisions.AsNoTracking().Where(d => d.RequestId == id).OrderBy(d => d.DecidedAt).ToListAsync(Cancellation);
    }

    /// <summary>The acts in the ledger about a subject, in order, with their content.</summary>
    protected async Task<List<(string Act, JsonObject Content)>> LedgerAsync(string subject)
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        return [.. entries.Select(e => (e.Act, JsonNode.Parse(e.Content)!.AsObject()))];
    }

    protected async Task<(int Requests, int Challenges, long Ledger)> CountAsync()
    {
        await using var db = Database.CreateDbContext();
        return (await db.AccessRequests.CountAsync(Cancellation), await db.StepUpChallenges.CountAsync(Cancellation), (await db.LedgerHead.SingleAsync(Cancellation)).Sequence);
    }

    /// <summary>The cluster says that a role allows something else now; <see langword="null"/> that it is not there.</summary>
    protected async Task SetRulesAsync(string role, RoleRules? rules)
    {
        await using var db = Database.CreateDbContext();
        (await db.RoleSnapshots.SingleAsync(s => s.RoleName == role, Cancellation)).Rules = rules?.ToCanonicalJson();
        await db.CommitAsync(Cancellation);
    }

    /// <summary>The rules of every role, and what it would take to be wider than what was shown.</summary>
    protected static RoleRules Wider { get; } = RoleRules.From([.. World.Rules.Rules, new PolicyRule { Verbs = ["create"], ApiGroups = [""], Resources = ["pods/exec"], ResourceNames = [], NonResourceUrls = [] }]);
}

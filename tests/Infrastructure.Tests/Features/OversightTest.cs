using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>The ground of tests of the pages that look over others' shoulders: the usual people, a clock that the test sets, and requests decided and grants moved as the use cases do it.</summary>
public abstract class OversightTest(PostgresFixture postgres) : DatabaseTest(postgres)
{
    protected static readonly DateTimeOffset Start = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    internal SetClock Clock { get; } = new() { Now = Start };

    protected ActorGuard Guard => new(Clock, new PortalGroups(), new SignInLifetime(TimeSpan.FromHours(8)));

    protected World World { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        World = await World.CreateAsync(Database, Start, Cancellation);
    }

    /// <summary>A decision as the use cases write it; a complete approval makes the grants.</summary>
    protected async Task DecideAsync(AccessRequestId id, Actor by, Verdict verdict, string comment = "", DateTimeOffset? at = null)
    {
        await using var db = Database.CreateDbContext();
        var request = await db.AccessRequests.SingleAsync(r => r.Id == id, Cancellation);
        var entry = await db.ElevatedRoleVersions.SingleAsync(v => v.ElevatedRoleId == request.ElevatedRoleId && v.Version == request.ElevatedRoleVersion, Cancellation);
        var workflow = await db.WorkflowVersions.SingleAsync(v => v.WorkflowId == request.WorkflowId && v.Version == request.WorkflowVersion, Cancellation);
        var earlier = await db.Decisions.Where(d => d.RequestId == id && d.RequestVersion == request.Version).ToListAsync(Cancellation);
        var now = at ?? Start;
        var decision = new Decision
        {
            Id = UuidId.New<DecisionId>(now),
            RequestId = id,
            RequestVersion = request.Version,
            Stage = request.Stage,
            PersonId = by.PersonId,
            Verdict = verdict,
            Comment = comment,
            DecidedAt = now,
            ProofId = verdict == Verdict.Deny ? null : World.Proof(db, StepUpActs.Approve(request, entry, workflow, by.PersonId, request.Stage, comment), by, ["developers"]).Id,
        };
        db.Decisions.Add(decision);
        request.Decided(decision, earlier, workflow, now);
        if (request.Status == RequestStatus.Approved) db.Grants.AddRange(Grant.Of(request, workflow.ProvisionWithin, now));
        await db.CommitAsync(Cancellation);
    }

    /// <summary>A request of this person that these people approved, and its only grant.</summary>
    protected async Task<GrantId> GrantedAsync(ElevatedRoleVersion entry, Actor requester, params Actor[] approvers)
    {
        var request = await World.RequestAsync(entry, requester, Cancellation);
        foreach (var approver in approvers) await DecideAsync(request.Id, approver, Verdict.Approve);
        await using var db = Database.CreateDbContext();
        return await db.Grants.Where(g => g.RequestId == request.Id).Select(g => g.Id).SingleAsync(Cancellation);
    }

    /// <summary>Moves a grant as the reconciler does.</summary>
    protected async Task MoveAsync(GrantId id, Action<Grant> move)
    {
        await using var db = Database.CreateDbContext();
        move(await db.Grants.SingleAsync(g => g.Id == id, Cancellation));
        await db.CommitAsync(Cancellation);
    }

    /// <summary>The grant is verified usable at this moment.</summary>
    protected Task ActivateAsync(GrantId id, DateTimeOffset at) => MoveAsync(id, grant =>
    {
        grant.Begin(at);
        grant.Prepare($"lapse:probe:{id}", at + grant.Duration + Grant.UsableWithin, "signature", at);
        grant.Created("uid");
        grant.Activate(at);
    });

    /// <summary>The same person signed in anew, with these groups in the token.</summary>
    protected async Task<Actor> SignInAgainAsync(Actor person, params string[] groups)
    {
        await using var db = Database.CreateDbContext();
        var session = SignInSession.Start(person.PersonId, groups, new Dictionary<string, string>(), Start);
        db.SignInSessions.Add(session);
        await db.CommitAsync(Cancellation);
        return person with { SessionId = session.Id };
    }

    /// <summary>Everybody whose cookie is good for nothing: signed out, forged, another's session, shut out.</summary>
    protected async Task<IReadOnlyList<Actor>> NobodyAsync()
    {
        await using var db = Database.CreateDbContext();
        var disabled = World.SignIn(db, "disabled", Start, "developers", "lapse-admins", "lapse-auditors");
        db.People.Local.Single(p => p.Id == disabled.PersonId).Disable(World.Dana.PersonId, "", Start);
        var ended = SignInSession.Start(World.Bob.PersonId, ["developers", "lapse-admins"], new Dictionary<string, string>(), Start);
        ended.End(Start);
        db.SignInSessions.Add(ended);
        await db.CommitAsync(Cancellation);
        return [disabled, World.Bob with { SessionId = ended.Id }, World.Bob with { SessionId = UuidId.New<SignInSessionId>(Start) }, World.Bob with { SessionId = World.Dana.SessionId }];
    }

    internal sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>A portal's records as tests of pages need them: people, a cluster, entries, requests in any state.</summary>
internal sealed class TestPortal(TestDatabase database)
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly Attestation Vouched = Attestation.ByOperator([1]);
    private int _proofs;

    public static RoleRules Edit { get; } = RoleRules.From(
    [
        new PolicyRule { ApiGroups = ["apps"], Resources = ["deployments"], Verbs = ["get", "list", "patch", "update"] },
        new PolicyRule { ApiGroups = [""], Resources = ["secrets"], Verbs = ["get"] },
    ]);

    public TimeProvider Clock { get; } = new StandingClock();

    public ActorGuard Guard => new(Clock, new PortalGroups(), new SignInLifetime(TimeSpan.FromHours(8)));

    public ClusterId ClusterId { get; private set; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Somebody who signed in just now.</summary>
    public async Task<Actor> PersonAsync(string name, params string[] groups)
    {
        await using var db = database.CreateDbContext();
        var person = Person.FirstSeen("https://provider.test/", name, char.ToUpperInvariant(name[0]) + name[1..], name, groups, Now);
        var session = SignInSession.Start(person.Id, groups, new Dictionary<string, string> { ["preferred_username"] = name }, Now.AddMinutes(-1));
        db.AddRange(person, session);
        await db.SaveChangesAsync(Cancellation);
        return new(person.Id, session.Id);
    }

    /// <summary>A cluster whose <c>edit</c> is <see cref="Edit"/>.</summary>
    public async Task ClusterAsync(ClusterState? state = null, int? percent = null)
    {
        await using var db = database.CreateDbContext();
        var cluster = Cluster.Register(UuidId.New<ClusterId>(Now), new("sandbox", "Sandbox", ClusterEnvironment.Production, "https://127.0.0.1:6443", "", CredentialKind.Token, "preferred_username", "oidc:"));
        cluster.Seal([1]);
        db.Add(cluster);
        db.Add(new RoleSnapshot { ClusterId = cluster.Id, RoleKind = RoleKind.ClusterRole, RoleName = "edit", Namespace = "", Rules = Edit.ToCanonicalJson(), ReadAt = Now.AddMinutes(-2) });
        if (state is { } known) db.Add(new ClusterHealth { ClusterId = cluster.Id, State = known, Message = "m", Percent = percent, CheckedAt = Now, Since = Now });
        await db.SaveChangesAsync(Cancellation);
        ClusterId = cluster.Id;
    }

    /// <summary>An entry with a workflow of its own.</summary>
    public async Task<Entry> EntryAsync(string title, string[]? requesters = null, string[]? approvers = null, int approvals = 1, string[]? namespaces = null, string role = "edit", DateTimeOffset? retiredAt = null)
    {
        await using var db = database.CreateDbContext();
        var name = title.ToLowerInvariant().Replace(' ', '-');
        var workflow = Workflow.Create(UuidId.New<WorkflowId>(Now), name);
        var workflowVersion = new WorkflowVersion
        {
            WorkflowId = workflow.Id,
            Version = 1,
            Title = "Workflow of " + title,
            RequesterGroups = requesters ?? ["developers"],
            Stages = approvers is [] ? [] : [new ApprovalStage("Peers", approvers ?? ["developers"], approvals)],
            TimeToLive = TimeSpan.FromHours(8),
            ProvisionWithin = TimeSpan.FromMinutes(15),
            Attestation = Vouched,
            MadeAt = Now.AddDays(-7),
        };
        var entry = ElevatedRole.Create(UuidId.New<ElevatedRoleId>(Now), name);
        if (retiredAt is { } retired) entry.Retire(retired);
        var version = new ElevatedRoleVersion
        {
            ElevatedRoleId = entry.Id,
            Version = 1,
            Title = title,
            Description = "What " + title + " is for.",
            ClusterId = ClusterId,
            Environment = ClusterEnvironment.Production,
            RoleKind = RoleKind.ClusterRole,
            RoleName = role,
            Namespaces = namespaces ?? ["payments-prod"],
            Maximum = TimeSpan.FromHours(1),
            Default = TimeSpan.FromMinutes(30),
            WorkflowId = workflow.Id,
            ConfirmAfterStepUp = false,
            Attestation = Vouched,
            MadeAt = Now.AddDays(-7),
        };
        db.AddRange(workflow, workflowVersion, entry, version);
        await db.SaveChangesAsync(Cancellation);
        return new(version, workflowVersion);
    }

    /// <summary>A draft.</summary>
    public async Task<AccessRequestId> DraftAsync(Actor requester, Entry entry, string reason = "rollback of 4711", DateTimeOffset? at = null, AccessRequestId? extends = null)
    {
        await using var db = database.CreateDbContext();
        var draft = AccessRequest.Draft(new(TimeSpan.FromMinutes(30), null, reason, "OPS-1"), entry.Version, entry.Workflow, Edit, requester.PersonId, "oidc:someone", at ?? Now.AddMinutes(-30), extends);
        db.Add(draft);
        await db.SaveChangesAsync(Cancellation);
        return draft.Id;
    }

    /// <summary>A request that waits, with its proof and its ledger entry.</summary>
    public async Task<AccessRequestId> SubmittedAsync(Actor requester, Entry entry, string reason = "rollback of 4711", DateTimeOffset? at = null, AccessRequestId? extends = null)
    {
        var time = at ?? Now.AddMinutes(-20);
        var id = await DraftAsync(requester, entry, reason, time, extends);
        await ChangeAsync(id, (db, request) =>
        {
            request.Submit(entry.Workflow, Prove(db, requester, ActKind.SubmitRequest, id, time), time);
            db.Record(time, LedgerActor.Of(requester.PersonId), LedgerActs.RequestSubmitted, LedgerSubject.Of(id), new JsonObject
            {
                ["reason"] = reason,
                ["durationSeconds"] = 1800,
                ["extends"] = extends?.ToString(),
                ["proof"] = new JsonObject { ["acr"] = "urn:mfa", ["amr"] = new JsonArray("pwd", "otp"), ["tokenSha256"] = "ab12" },
            });
        });
        return id;
    }

    /// <summary>Somebody approves or denies; a complete approval makes the grants.</summary>
    public Task DecideAsync(AccessRequestId id, Actor approver, Entry entry, Verdict verdict, string comment = "") => ChangeAsync(id, (db, request) =>
    {
        var decision = new Decision
        {
            Id = UuidId.New<DecisionId>(Now),
            RequestId = id,
            RequestVersion = request.Version,
            Stage = request.Stage,
            PersonId = approver.PersonId,
            Verdict = verdict,
            Comment = comment,
            DecidedAt = Now.AddMinutes(-10),
            ProofId = verdict == Verdict.Approve ? Prove(db, approver, ActKind.ApproveRequest, id, Now.AddMinutes(-10)) : null,
        };
        var earlier = db.Decisions.Where(d => d.RequestId == id && d.RequestVersion == request.Version).ToList();
        db.Decisions.Add(decision);
        request.Decided(decision, earlier, entry.Workflow, Now.AddMinutes(-10));
        db.Record(Now.AddMinutes(-10), LedgerActor.Of(approver.PersonId), verdict == Verdict.Approve ? LedgerActs.RequestApproved : LedgerActs.RequestDenied,
            LedgerSubject.Of(id), new JsonObject { ["comment"] = comment, ["complete"] = request.Status == RequestStatus.Approved });
        if (request.Status != RequestStatus.Approved) return;
        foreach (var grant in Grant.Of(request, TimeSpan.FromMinutes(15), Now.AddMinutes(-10))) db.Grants.Add(grant);
    });

    /// <summary>The grants of a request are verified usable, so long ago.</summary>
    public async Task ActivateAsync(AccessRequestId id, TimeSpan ago)
    {
        await using var db = database.CreateDbContext();
        foreach (var grant in db.Grants.Where(g => g.RequestId == id).ToList())
        {
            var at = Now - ago;
            grant.Begin(at);
            grant.Prepare($"lapse:probe:{grant.Id}", at + grant.Duration + Grant.UsableWithin, "signature", at);
            grant.Created("uid");
            grant.Activate(at);
            db.Record(at, LedgerActor.Lapse, LedgerActs.GrantActive, LedgerSubject.Of(grant.Id), new JsonObject { ["uid"] = "uid" });
        }
        await db.CommitAsync(Cancellation);
    }

    /// <summary>The grants of a request are ended and proved gone.</summary>
    public async Task EndAsync(AccessRequestId id, EndReason reason)
    {
        await using var db = database.CreateDbContext();
        foreach (var grant in db.Grants.Where(g => g.RequestId == id).ToList())
        {
            grant.End(reason, null, Now);
            grant.ProvedGone(Now);
        }
        (await db.AccessRequests.FindAsync([id], Cancellation))!.Close();
        await db.CommitAsync(Cancellation);
    }

    /// <summary>Changes a request as a use case would.</summary>
    public async Task ChangeAsync(AccessRequestId id, Action<PortalDbContext, AccessRequest> change)
    {
        await using var db = database.CreateDbContext();
        change(db, db.AccessRequests.Single(r => r.Id == id));
        await db.CommitAsync(Cancellation);
    }

    private StepUpProofId Prove(PortalDbContext db, Actor actor, ActKind kind, AccessRequestId id, DateTimeOffset at)
    {
        var number = Interlocked.Increment(ref _proofs);
        var challenge = StepUpChallenge.Draft(new(kind, id.Value, 1, "", false, "/"), actor.PersonId, actor.SessionId, at);
        challenge.Bind(new(kind, id.Value, 1, actor.PersonId, []));
        var proof = new StepUpProof
        {
            Id = UuidId.New<StepUpProofId>(at),
            ChallengeId = challenge.Id,
            PersonId = actor.PersonId,
            Issuer = "https://provider.test/",
            Subject = "s",
            Nonce = challenge.Nonce,
            Salt = challenge.Salt,
            ChallengedAt = at,
            AuthenticatedAt = at.AddSeconds(number),
            Amr = ["pwd", "otp"],
            Groups = ["developers"],
            SealedToken = [1],
            TokenHash = BitConverter.GetBytes(number),
            KeyId = "k",
            VerifiedAt = at,
        };
        db.AddRange(challenge, proof);
        return proof.Id;
    }

    internal sealed record Entry(ElevatedRoleVersion Version, WorkflowVersion Workflow)
    {
        public ElevatedRoleId Id => Version.ElevatedRoleId;
    }

    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}

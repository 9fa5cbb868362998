using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>People, a cluster and a catalogue in a test's database, as they are after everybody has signed in once.</summary>
public sealed class World
{
    public const string Issuer = "https://provider.test/";

    private readonly TestDatabase _database;

    private World(TestDatabase database, DateTimeOffset now) => (_database, Now) = (database, now);

    public DateTimeOffset Now { get; }

    public Actor Alice { get; private set; } = null!;

    public Actor Bob { get; private set; } = null!;

    public Actor Carol { get; private set; } = null!;

    public Actor Dana { get; private set; } = null!;

    public Actor Dave { get; private set; } = null!;

    public Actor Sam { get; private set; } = null!;

    /// <summary>In no group that Lapse knows.</summary>
    public Actor Mallory { get; private set; } = null!;

    public Cluster Cluster { get; private set; } = null!;

    /// <summary>edit in payments-prod, one peer.</summary>
    public ElevatedRoleVersion OnePeer { get; private set; } = null!;

    /// <summary>admin in web-prod, two peers.</summary>
    public ElevatedRoleVersion TwoPeers { get; private set; } = null!;

    /// <summary>edit in payments-staging, no approval.</summary>
    public ElevatedRoleVersion ByRule { get; private set; } = null!;

    public static RoleRules Rules { get; } = RoleRules.From([new PolicyRule { Verbs = ["get", "list", "delete"], ApiGroups = [""], Resources = ["pods"], ResourceNames = [], NonResourceUrls = [] }]);

    public static async Task<World> CreateAsync(TestDatabase database, DateTimeOffset now, CancellationToken cancellation)
    {
        var world = new World(database, now);
        await using var db = database.CreateDbContext();
        world.Alice = SignIn(db, "alice", now, "developers");
        world.Bob = SignIn(db, "bob", now, "developers", "sre");
        world.Carol = SignIn(db, "carol", now, "developers", "sre");
        world.Dana = SignIn(db, "dana", now, "lapse-admins");
        world.Dave = SignIn(db, "dave", now, "lapse-admins");
        world.Sam = SignIn(db, "sam", now, "lapse-auditors");
        world.Mallory = SignIn(db, "mallory", now);
        world.Cluster = Cluster.Register(UuidId.New<ClusterId>(now), new("test", "Test", ClusterEnvironment.Production, "https://cluster.test", "", CredentialKind.Token, "preferred_username", "oidc:"));
        db.Clusters.Add(world.Cluster);
        db.RoleSnapshots.AddRange(Snapshot(world.Cluster, "edit", now), Snapshot(world.Cluster, "admin", now));
        world.OnePeer = Entry(db, world.Cluster, "edit-payments", "edit", "payments-prod", 1, now);
        world.TwoPeers = Entry(db, world.Cluster, "admin-web", "admin", "web-prod", 2, now);
        world.ByRule = Entry(db, world.Cluster, "edit-staging", "edit", "payments-staging", 0, now);
        await db.CommitAsync(cancellation);
        return world;
    }

    /// <summary>A person with a fresh sign-in session in these groups.</summary>
    public static Actor SignIn(PortalDbContext db, string name, DateTimeOffset now, params string[] groups)
    {
        var person = Person.FirstSeen(Issuer, $"sub-{name}", name, name, groups, now);
        var session = SignInSession.Start(person.Id, groups, new Dictionary<string, string> { ["preferred_username"] = name, ["sub"] = $"sub-{name}" }, now);
        db.People.Add(person);
        db.SignInSessions.Add(session);
        return new(person.Id, session.Id);
    }

    /// <summary>Whoever calls as <paramref name="right"/> without a sign-in that is good: ended, too old, unknown, somebody else's; and somebody who is shut out.</summary>
    public async Task<List<Actor>> NotGoodAsync(Actor right, CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        var person = await db.People.SingleAsync(p => p.Id == right.PersonId, cancellation);
        var ended = SignInSession.Start(person.Id, person.Groups, new Dictionary<string, string>(), Now);
        ended.End(Now);
        var old = SignInSession.Start(person.Id, person.Groups, new Dictionary<string, string>(), Now.AddHours(-9));
        db.SignInSessions.AddRange(ended, old);
        var disabled = SignIn(db, $"disabled-{Guid.NewGuid():N}", Now, "developers", "sre", "lapse-admins");
        db.People.Local.Single(p => p.Id == disabled.PersonId).Disable(Dana.PersonId, "", Now);
        await db.CommitAsync(cancellation);
        return
        [
            new(right.PersonId, ended.Id),
            new(right.PersonId, old.Id),
            new(right.PersonId, UuidId.New<SignInSessionId>(Now)),
            new(right.PersonId, Mallory.SessionId),
            new(Mallory.PersonId, right.SessionId),
            disabled,
        ];
    }

    /// <summary>A request as it stands after its requester's step-up (or before it, as a draft).</summary>
    public async Task<AccessRequest> RequestAsync(ElevatedRoleVersion entry, Actor requester, CancellationToken cancellation, bool submitted = true, TimeSpan? duration = null)
    {
        await using var db = _database.CreateDbContext();
        var workflow = await db.WorkflowVersions.SingleAsync(v => v.WorkflowId == entry.WorkflowId, cancellation);
        var person = await db.People.SingleAsync(p => p.Id == requester.PersonId, cancellation);
        var request = AccessRequest.Draft(new(duration ?? entry.Default, null, "The queue is stuck", "OPS-1"), entry, workflow, Rules, requester.PersonId, $"oidc:{person.UserName}", Now);
        db.AccessRequests.Add(request);
        if (submitted)
        {
            var proof = Proof(db, StepUpActs.Submit(request, entry, workflow), requester, person.Groups ?? []);
            request.Submit(workflow, proof.Id, Now);
            if (request.Status == RequestStatus.Approved) db.Grants.AddRange(Grant.Of(request, workflow.ProvisionWithin, Now));
        }
        await db.CommitAsync(cancellation);
        return request;
    }

    /// <summary>A consumed challenge with its proof. Its token is no real one: what verifies tokens has tests of its own.</summary>
    public StepUpProof Proof(PortalDbContext db, StepUpAct act, Actor actor, IReadOnlyList<string> groups)
    {
        var challenge = StepUpChallenge.Draft(new(act.Kind, act.SubjectId, act.SubjectVersion, "", false, "/"), actor.PersonId, actor.SessionId, Now);
        challenge.Bind(act);
        db.StepUpChallenges.Add(challenge);
        var proof = NewProof(challenge, groups);
        db.StepUpProofs.Add(proof);
        return proof;
    }

    /// <summary>A proof that answers a challenge, not stored.</summary>
    public StepUpProof NewProof(StepUpChallenge challenge, IReadOnlyList<string> groups)
    {
        var id = UuidId.New<StepUpProofId>(Now);
        return new()
        {
            Id = id,
            ChallengeId = challenge.Id,
            PersonId = challenge.PersonId,
            Issuer = Issuer,
            Subject = "sub",
            Nonce = challenge.Nonce,
            Salt = challenge.Salt,
            ChallengedAt = challenge.CreatedAt,
            // Unique per person; real ones come from the provider's clock.
            AuthenticatedAt = Now.AddTicks(TimeSpan.TicksPerSecond * Interlocked.Increment(ref _authentications)),
            Acr = "urn:lapse:mfa",
            Amr = ["pwd", "otp", "mfa"],
            Groups = [.. groups],
            SealedToken = [1],
            TokenHash = System.Security.Cryptography.SHA256.HashData(id.Value.ToByteArray()),
            KeyId = "test",
            VerifiedAt = Now,
        };
    }

    private static int _authentications;

    private static RoleSnapshot Snapshot(Cluster cluster, string role, DateTimeOffset now) => new()
    {
        ClusterId = cluster.Id,
        RoleKind = RoleKind.ClusterRole,
        RoleName = role,
        Namespace = "",
        Rules = Rules.ToCanonicalJson(),
        ReadAt = now,
    };

    private static ElevatedRoleVersion Entry(PortalDbContext db, Cluster cluster, string name, string role, string place, int approvals, DateTimeOffset now)
    {
        var workflow = Workflow.Create(UuidId.New<WorkflowId>(now), $"{name}-workflow");
        db.Workflows.Add(workflow);
        db.WorkflowVersions.Add(new()
        {
            WorkflowId = workflow.Id,
            Version = 1,
            Title = $"{approvals} peers",
            RequesterGroups = ["developers"],
            Stages = approvals == 0 ? [] : [new("Peers", ["developers"], approvals)],
            TimeToLive = TimeSpan.FromHours(8),
            ProvisionWithin = TimeSpan.FromMinutes(15),
            Attestation = new([1], null),
            MadeAt = now,
        });
        var elevated = ElevatedRole.Create(UuidId.New<ElevatedRoleId>(now), name);
        var version = new ElevatedRoleVersion
        {
            ElevatedRoleId = elevated.Id,
            Version = 1,
            Title = $"{role} in {place}",
            Description = "",
            ClusterId = cluster.Id,
            Environment = ClusterEnvironment.Production,
            RoleKind = RoleKind.ClusterRole,
            RoleName = role,
            Namespaces = [place],
            Maximum = TimeSpan.FromHours(1),
            Default = TimeSpan.FromMinutes(30),
            WorkflowId = workflow.Id,
            ConfirmAfterStepUp = false,
            Attestation = new([1], null),
            MadeAt = now,
        };
        db.ElevatedRoles.Add(elevated);
        db.ElevatedRoleVersions.Add(version);
        return version;
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Who vouches for a version of an entry or workflow.</summary>
internal delegate Task<Attestation> Attest(PortalDbContext db, ChangeKind kind, Guid subject, JsonObject canonical);

/// <summary>People who ask and approve with real evidence, for a namespace of a real cluster.</summary>
internal sealed class Story
{
    private readonly TestDatabase _database;
    private readonly ConcurrentDictionary<PersonId, int> _authentications = new();
    private int _first;

    private Story(TestDatabase database) => _database = database;

    public Actor Alice { get; private set; } = null!;

    public Actor Bob { get; private set; } = null!;

    public Actor Carol { get; private set; } = null!;

    public Actor Mallory { get; private set; } = null!;

    public Actor Dana { get; private set; } = null!;

    public Actor Dave { get; private set; } = null!;

    public Cluster Cluster { get; private set; } = null!;

    /// <summary>Whether requests and approvals are in the ledger with their proofs, as the use cases put them there.</summary>
    public bool WritesLedger { get; set; }

    public static async Task<Story> BeginAsync(TestDatabase database, ClusterAddress address, CancellationToken cancellation)
    {
        var story = new Story(database);
        var now = DateTimeOffset.UtcNow;
        await using var db = database.CreateDbContext();
        story.Alice = World.SignIn(db, "alice", now, "developers");
        story.Bob = World.SignIn(db, "bob", now, "developers", "sre");
        story.Carol = World.SignIn(db, "carol", now, "developers", "sre");
        story.Mallory = World.SignIn(db, "mallory", now, "visitors");
        story.Dana = World.SignIn(db, "dana", now, "lapse-admins");
        story.Dave = World.SignIn(db, "dave", now, "lapse-admins");
        story.Cluster = Registered(address, "sandbox", "Sandbox");
        db.Clusters.Add(story.Cluster);
        db.ProviderKeys.Add(TestInstallation.Provider.Pin(TestInstallation.Key, now));
        await db.CommitAsync(cancellation);
        return story;
    }

    /// <summary>The first authentication of people who came before everybody else did.</summary>
    public const int Earlier = -100;

    /// <summary>The first authentication of people who come after everybody else did.</summary>
    public const int Later = 100;

    /// <summary>The same people and cluster in a copy of the database.</summary>
    public static async Task<Story> OnAsync(TestDatabase copy, Story other, int authentications, CancellationToken cancellation)
    {
        await using var db = copy.CreateDbContext();
        return new Story(copy)
        {
            Alice = other.Alice,
            Bob = other.Bob,
            Carol = other.Carol,
            Mallory = other.Mallory,
            Dana = other.Dana,
            Dave = other.Dave,
            Cluster = await db.Clusters.SingleAsync(c => c.Id == other.Cluster.Id, cancellation),
            _first = authentications,
        };
    }

    /// <summary>One more cluster.</summary>
    public async Task<Cluster> RegisterAsync(ClusterAddress address, CancellationToken cancellation)
    {
        await using var db = _database.CreateDbContext();
        var name = $"cluster-{Guid.NewGuid():N}"[..20];
        var cluster = Registered(address, name, name);
        db.Clusters.Add(cluster);
        await db.CommitAsync(cancellation);
        return cluster;
    }

    private static Cluster Registered(ClusterAddress address, string name, string title)
    {
        var kind = address.Credential is ClusterCredential.Token ? CredentialKind.Token : CredentialKind.ClientCertificate;
        var cluster = Cluster.Register(UuidId.New<ClusterId>(DateTimeOffset.UtcNow), new(name, title, ClusterEnvironment.Production, address.Server.AbsoluteUri, address.CertificateAuthority, kind, "preferred_username", "oidc:"));
        cluster.Seal(Seal(cluster, address.Credential));
        return cluster;
    }

    public static byte[] Seal(Cluster cluster, ClusterCredential credential) =>
        TestInstallation.Sealer.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), JsonSerializer.SerializeToUtf8Bytes(credential));

    /// <summary>An entry of the catalogue, vouched for by an operator unless somebody else does.</summary>
    public async Task<(ElevatedRoleVersion Entry, WorkflowVersion Workflow)> EntryAsync(
        string[] namespaces, CancellationToken cancellation, string role = "edit", int approvals = 1, RoleKind kind = RoleKind.ClusterRole, TimeSpan? provisionWithin = null, Attest? attest = null, Cluster? cluster = null)
    {
        var now = DateTimeOffset.UtcNow;
        attest ??= ByOperator;
        await using var db = _database.CreateDbContext();
        var workflow = Workflow.Create(UuidId.New<WorkflowId>(now), $"workflow-{Guid.NewGuid():N}");
        WorkflowVersion WorkflowOf(Attestation attestation) => new()
        {
            WorkflowId = workflow.Id,
            Version = 1,
            Title = "Peers",
            RequesterGroups = ["developers"],
            Stages = approvals == 0 ? [] : [new("Peers", ["developers"], approvals)],
            TimeToLive = TimeSpan.FromHours(8),
            ProvisionWithin = provisionWithin ?? TimeSpan.FromMinutes(15),
            Attestation = attestation,
            MadeAt = now,
        };
        var workflowVersion = WorkflowOf(await attest(db, ChangeKind.Workflow, workflow.Id.Value, WorkflowOf(new(null, null)).Canonical()));
        var elevated = ElevatedRole.Create(UuidId.New<ElevatedRoleId>(now), $"entry-{Guid.NewGuid():N}");
        ElevatedRoleVersion EntryOf(Attestation attestation) => new()
        {
            ElevatedRoleId = elevated.Id,
            Version = 1,
            Title = role,
            Description = "",
            ClusterId = (cluster ?? Cluster).Id,
            Environment = ClusterEnvironment.Production,
            RoleKind = kind,
            RoleName = role,
            Namespaces = namespaces,
            Maximum = TimeSpan.FromHours(1),
            Default = TimeSpan.FromMinutes(30),
            WorkflowId = workflow.Id,
            ConfirmAfterStepUp = false,
            Attestation = attestation,
            MadeAt = now,
        };
        var entry = EntryOf(await attest(db, ChangeKind.ElevatedRole, elevated.Id.Value, EntryOf(new(null, null)).Canonical()));
        db.AddRange(workflow, workflowVersion, elevated, entry);
        await db.CommitAsync(cancellation);
        return (entry, workflowVersion);
    }

    private static Task<Attestation> ByOperator(PortalDbContext db, ChangeKind kind, Guid subject, JsonObject canonical) =>
        Task.FromResult(Attestation.ByOperator(TestInstallation.Key.Sign(AttestationVerifier.OperatorDomain, Domain.Text.CanonicalJson.Digest(canonical))));

    /// <summary>A request with the requester's proof; approved by those who are named, each with a proof.</summary>
    public async Task<(AccessRequest Request, IReadOnlyList<Grant> Grants)> ApprovedAsync(
        (ElevatedRoleVersion Entry, WorkflowVersion Workflow) governed, RoleRules rules, CancellationToken cancellation, TimeSpan? duration = null, Actor? requester = null, Actor[]? approvers = null, DateTimeOffset? start = null, AccessRequestId? extends = null)
    {
        var (entry, workflow) = governed;
        await using var db = _database.CreateDbContext();
        var who = requester ?? Alice;
        var person = await db.People.SingleAsync(p => p.Id == who.PersonId, cancellation);
        var now = DateTimeOffset.UtcNow;
        var request = AccessRequest.Draft(new(duration ?? TimeSpan.FromMinutes(30), start, "The queue is stuck", "OPS-1"), entry, workflow, rules, person.Id, $"oidc:{person.UserName}", now, extends);
        db.AccessRequests.Add(request);
        var asked = await ProveAsync(db, StepUpActs.Submit(request, entry, workflow), who, cancellation);
        request.Submit(workflow, asked.Id, now);
        Note(db, who, LedgerActs.RequestSubmitted, request.Id, asked);
        foreach (var approver in approvers ?? [.. new[] { Bob, Carol }.Take(workflow.Stages.Sum(s => s.Approvals))]) await ApproveAsync(db, request, entry, workflow, approver, cancellation);
        IReadOnlyList<Grant> grants = request.Status == RequestStatus.Approved ? Grant.Of(request, workflow.ProvisionWithin, now) : [];
        db.Grants.AddRange(grants);
        await db.CommitAsync(cancellation);
        return (request, grants);
    }

    public async Task<Decision> ApproveAsync(PortalDbContext db, AccessRequest request, ElevatedRoleVersion entry, WorkflowVersion workflow, Actor approver, CancellationToken cancellation)
    {
        var now = DateTimeOffset.UtcNow;
        var proof = await ProveAsync(db, StepUpActs.Approve(request, entry, workflow, approver.PersonId, request.Stage, "Go"), approver, cancellation);
        var decision = new Decision { Id = UuidId.New<DecisionId>(now), RequestId = request.Id, RequestVersion = request.Version, Stage = request.Stage, PersonId = approver.PersonId, Verdict = Verdict.Approve, Comment = "Go", DecidedAt = now, ProofId = proof.Id };
        db.Decisions.Add(decision);
        Note(db, approver, LedgerActs.RequestApproved, request.Id, proof);
        Decision[] onVersion = [.. db.ChangeTracker.Entries<Decision>().Select(e => e.Entity).Where(d => d != decision && d.RequestId == request.Id && d.RequestVersion == request.Version)];
        request.Decided(decision, onVersion, workflow, now);
        return decision;
    }

    private void Note(PortalDbContext db, Actor actor, string act, AccessRequestId request, StepUpProof proof)
    {
        if (WritesLedger) db.Record(DateTimeOffset.UtcNow, LedgerActor.Of(actor.PersonId), act, LedgerSubject.Of(request), new JsonObject { ["proof"] = new JsonObject { ["tokenSha256"] = Convert.ToHexStringLower(proof.TokenHash) } });
    }

    /// <summary>An admin's change that vouches for a version, confirmed by a second one if there is one.</summary>
    public Attest ByAdmins(Actor author, Actor? second, CancellationToken cancellation) => async (db, kind, subject, canonical) =>
    {
        var now = DateTimeOffset.UtcNow;
        var change = ConfigurationChange.Draft(kind, subject, "Change", null, (JsonObject)canonical.DeepClone(), null, second is not null, author.PersonId, now);
        change.Proved((await ProveAsync(db, StepUpActs.Propose(change), author, cancellation)).Id, now);
        if (second is not null) change.Confirmed(second.PersonId, (await ProveAsync(db, StepUpActs.Confirm(change, second.PersonId), second, cancellation)).Id, now);
        db.ConfigurationChanges.Add(change);
        return Attestation.ByChange(change.Id);
    };

    /// <summary>What a person's step-up for an act leaves: a consumed challenge, and a proof with a token that the provider signed.</summary>
    public async Task<StepUpProof> ProveAsync(PortalDbContext db, StepUpAct act, Actor actor, CancellationToken cancellation, string[]? groups = null, string? acr = null)
    {
        var person = await db.People.SingleAsync(p => p.Id == actor.PersonId, cancellation);
        // As PostgreSQL keeps it, since the nonce is computed from it.
        var now = Domain.Text.CanonicalTime.Cut(DateTimeOffset.UtcNow);
        // Whole seconds, each of a person later than the one before, as a provider says it.
        var authenticated = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() - 300 + _first + _authentications.AddOrUpdate(actor.PersonId, 1, (_, count) => count + 1));
        var challenge = StepUpChallenge.Draft(new(act.Kind, act.SubjectId, act.SubjectVersion, "", false, "/"), actor.PersonId, actor.SessionId, now);
        challenge.Bind(act);
        db.StepUpChallenges.Add(challenge);
        var token = TestInstallation.Provider.Token(person.Subject, person.UserName, challenge.Nonce, authenticated, groups ?? person.Groups ?? [], acr ?? "urn:lapse:mfa");
        var id = UuidId.New<StepUpProofId>(now);
        var proof = new StepUpProof
        {
            Id = id,
            ChallengeId = challenge.Id,
            PersonId = actor.PersonId,
            Issuer = person.Issuer,
            Subject = person.Subject,
            Nonce = challenge.Nonce,
            Salt = challenge.Salt,
            ChallengedAt = challenge.CreatedAt,
            AuthenticatedAt = authenticated,
            Acr = acr ?? "urn:lapse:mfa",
            Amr = ["pwd", "otp", "mfa"],
            Groups = [.. groups ?? person.Groups ?? []],
            SealedToken = TestInstallation.Sealer.Seal(SealPurposes.ProofToken(id), Encoding.UTF8.GetBytes(token)),
            TokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(token)),
            KeyId = TestInstallation.Provider.KeyId,
            VerifiedAt = now,
        };
        db.StepUpProofs.Add(proof);
        return proof;
    }
}

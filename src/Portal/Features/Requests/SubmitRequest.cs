using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>The act “I ask for this”, done once its step-up is verified.</summary>
[UseCase]
public sealed class SubmitRequest(TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.SubmitRequest;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var governed = await GovernedRequest.LockAsync(db, AccessRequestId.From(challenge.SubjectId), cancellation);
        if (governed is null || governed.Request.RequesterId != challenge.PersonId) return GovernedRequest.NotFound;
        var (request, entry, workflow, cluster) = governed;
        if (request.Status != RequestStatus.Draft) return new Refusal("SubmittedBefore", "This request has been submitted or withdrawn already.", RequestWords.Address(request.Id));
        return new NamedAct(
            StepUpActs.Submit(request, entry, workflow),
            $"Ask {(request.ExtendsId is null ? "for" : "to extend")} {RequestWords.What(request)} for {Words.Duration(request.Duration)}",
            cluster.Title,
            [.. ExtendedRequest.Details(request), .. ActDetails.Of(request)]);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        using var span = LapseTraces.Start("request.submit", AccessRequestId.From(challenge.SubjectId));
        var now = clock.GetUtcNow();
        var (request, entry, workflow, cluster) = (await GovernedRequest.LockAsync(db, AccessRequestId.From(challenge.SubjectId), cancellation))!;
        // Two requests of one person come one after the other, so that the second sees the first; the unique index is the backstop.
        await db.Database.ExecuteSqlAsync($"SELECT id FROM people WHERE id = {request.RequesterId.Value} FOR UPDATE", cancellation);

        if (request.ExpiresAt <= now) return new Refusal("DraftTooOld", "This draft is more than a day old. Ask again.", "/catalogue");
        if (await ChangedSinceAsync(db, entry, workflow.Version, cancellation)) return new Refusal("EntryChanged", "The catalogue entry has changed since you wrote this. Ask again.", $"/requests/new?role={entry.ElevatedRoleId}");
        if (cluster.RetiredAt is not null) return new Refusal("ClusterGone", "This cluster has been taken out of use.");
        if (RequestRules.CheckRequester(entry, workflow, proof.PersonId, proof.Groups, now) is { } notAllowed) return notAllowed;
        if (RequestRules.CheckContent(new(request.Duration, request.WantedStart, request.Reason, request.Ticket, request.Namespaces), entry, now) is { } wrong) return wrong;
        if (await CheckExtensionAsync(db, request, entry, cancellation) is { } notExtended) return notExtended;
        var rules = await db.ReadRulesAsync(entry, cancellation);
        if (RequestRules.CheckRules(rules) is { } unusable) return unusable;
        if (!Escalation.Covers(RoleRules.Parse(request.PinnedRules), rules!)) return new Refusal("RoleWidened", "The role allows more now than when you wrote this. Ask again.", $"/requests/new?role={entry.ElevatedRoleId}");
        if (await FindIdenticalAsync(db, request, cancellation) is { } identical) return identical;
        if (await ClaimUserNameAsync(db, request, now, cancellation) is { } taken) return taken;

        request.Submit(workflow, proof.Id, now);
        db.Record(now, LedgerActor.Of(request.RequesterId), LedgerActs.RequestSubmitted, LedgerSubject.Of(request.Id), new JsonObject
        {
            ["cluster"] = cluster.Name,
            ["entry"] = entry.Title,
            ["entryVersion"] = entry.Version,
            ["workflow"] = workflow.Title,
            ["workflowVersion"] = workflow.Version,
            ["role"] = request.Role.ToString(),
            ["namespaces"] = new JsonArray([.. request.Namespaces.Select(n => (JsonNode)n)]),
            ["clusterUser"] = request.ClusterUserName,
            ["durationSeconds"] = (long)request.Duration.TotalSeconds,
            ["reason"] = request.Reason,
            ["ticket"] = request.Ticket,
            ["extends"] = request.ExtendsId?.ToString(),
            ["rules"] = request.AskedRulesDigest,
            ["version"] = request.Version,
            ["proof"] = ProofFacts.Of(proof),
        });
        if (request.Status == RequestStatus.Approved)
        {
            db.Decisions.Add(new Decision { Id = UuidId.New<DecisionId>(now), RequestId = request.Id, RequestVersion = request.Version, Stage = 0, Verdict = Verdict.Approve, Comment = "", DecidedAt = now });
            var grants = GrantMaking.Make(db, request, workflow, now);
            db.Record(now, LedgerActor.Lapse, LedgerActs.RequestApprovedByRule, LedgerSubject.Of(request.Id), new JsonObject
            {
                ["workflow"] = workflow.Title,
                ["workflowVersion"] = workflow.Version,
                ["grants"] = GrantMaking.Names(grants),
            });
            GrantMaking.Record(db, grants, now);
        }
        return RequestWords.Address(request.Id);
    }

    /// <summary>The refusal with a link to the identical request that is open; <see langword="null"/> if none is.</summary>
    internal static async Task<Refusal?> FindIdenticalAsync(PortalDbContext db, AccessRequest request, CancellationToken cancellation)
    {
        if (request.ExtendsId is { } extended) return await FindExtensionAsync(db, extended, request.Id, cancellation);
        return await FindOpenAsync(db, OpenKeys.Of(request), request.Id, cancellation) is not { } open ? null : new("IdenticalOpen",
            open.Status == RequestStatus.Approved ? "You have this access already." : "You have asked for exactly this already; it waits for its decision.",
            RequestWords.Address(open.Id));
    }

    /// <summary>The refusal with a link to the extension of a request that is open; <see langword="null"/> if none is.</summary>
    internal static async Task<Refusal?> FindExtensionAsync(PortalDbContext db, AccessRequestId extended, AccessRequestId? but, CancellationToken cancellation) =>
        await FindOpenAsync(db, OpenKeys.OfExtension(extended), but, cancellation) is not { } open ? null : new("ExtensionOpen",
            open.Status == RequestStatus.Approved ? "This access has been extended already." : "You have asked to extend this already; it waits for its decision.",
            RequestWords.Address(open.Id));

    private static Task<OpenRequest?> FindOpenAsync(PortalDbContext db, string key, AccessRequestId? but, CancellationToken cancellation) =>
        db.AccessRequests.AsNoTracking().Where(r => r.OpenKey == key && r.Id != but).Select(r => new OpenRequest(r.Id, r.Status)).SingleOrDefaultAsync(cancellation);

    private static async Task<Refusal?> CheckExtensionAsync(PortalDbContext db, AccessRequest request, ElevatedRoleVersion entry, CancellationToken cancellation)
    {
        if (request.ExtendsId is not { } extended) return null;
        // Locked, so that it cannot close without seeing its extension (RequestClosing).
        return await ExtendedRequest.LockAsync(db, extended, cancellation) is { } earlier ? earlier.Check(entry, request.Namespaces, request.WantedStart, request.RequesterId) : GovernedRequest.NotFound;
    }

    private static async Task<bool> ChangedSinceAsync(PortalDbContext db, ElevatedRoleVersion entry, int workflowVersion, CancellationToken cancellation) =>
        !await db.ElevatedRoles.AnyAsync(r => r.Id == entry.ElevatedRoleId && r.CurrentVersion == entry.Version && r.RetiredAt == null, cancellation)
        || !await db.Workflows.AnyAsync(w => w.Id == entry.WorkflowId && w.CurrentVersion == workflowVersion, cancellation);

    private static async Task<Refusal?> ClaimUserNameAsync(PortalDbContext db, AccessRequest request, DateTimeOffset now, CancellationToken cancellation)
    {
        await db.Database.ExecuteSqlAsync($"""
            INSERT INTO cluster_identities (cluster_id, user_name, person_id, seen_at)
            VALUES ({request.ClusterId.Value}, {request.ClusterUserName}, {request.RequesterId.Value}, {now})
            ON CONFLICT (cluster_id, user_name) DO NOTHING
            """, cancellation);
        var owner = await db.ClusterIdentities.AsNoTracking().Where(i => i.ClusterId == request.ClusterId && i.UserName == request.ClusterUserName).Select(i => i.PersonId).SingleAsync(cancellation);
        return owner == request.RequesterId ? null
            : new("UserNameTaken", "In this cluster your user name belongs to somebody else whom Lapse knows. Tell an admin; nothing was asked for.");
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Approvals;

/// <summary>The act “I approve exactly this”, done once its step-up is verified.</summary>
[UseCase]
public sealed class ApproveRequest(TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.ApproveRequest;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var governed = await GovernedRequest.LockAsync(db, AccessRequestId.From(challenge.SubjectId), cancellation);
        if (governed is null) return GovernedRequest.NotFound;
        var (request, entry, workflow, cluster) = governed;
        if (request.Status != RequestStatus.AwaitingApproval) return DecisionRules.NotWaiting(request);
        if (request.Version != challenge.SubjectVersion) return new Refusal("VersionChanged", "The request has changed since you looked at it. Nothing was decided; look at it again.", RequestWords.Address(request.Id));
        var requester = await db.People.AsNoTracking().SingleAsync(p => p.Id == request.RequesterId, cancellation);
        return new NamedAct(
            StepUpActs.Approve(request, entry, workflow, challenge.PersonId, request.Stage, challenge.Comment),
            $"Approve {(request.ExtendsId is null ? "" : "extending ")}{RequestWords.What(request)} for {requester.Name} for {Words.Duration(request.Duration)}",
            cluster.Title,
            [.. ExtendedRequest.Details(request), .. ActDetails.Of(request, ("Requester", $"{requester.Name} ({requester.UserName})"), challenge.Comment)]);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        using var span = LapseTraces.Start("decision.approve", AccessRequestId.From(challenge.SubjectId));
        var now = clock.GetUtcNow();
        var governed = (await GovernedRequest.LockAsync(db, AccessRequestId.From(challenge.SubjectId), cancellation))!;
        var (request, entry, workflow, cluster) = governed;
        var earlier = await governed.DecisionsAsync(db, cancellation);
        if (DecisionRules.Check(request, entry, workflow, earlier, proof.PersonId, proof.Groups, challenge.Comment, now) is { } refusal) return refusal;
        if (await ExtendedRequest.CheckEndsAsync(db, request, cancellation) is { } ended) return ended;
        if (cluster.RetiredAt is not null) return new Refusal("ClusterGone", "This cluster has been taken out of use.");
        var rules = await db.ReadRulesAsync(entry, cancellation);
        if (RequestRules.CheckRules(rules) is { } unusable) return unusable;
        if (DecisionRules.CheckRules(request, rules!) is { } widened) return widened;
        if (await StopsRequesterAsync(db, request, workflow, cancellation) is { } stopped) return stopped;

        var decision = new Decision
        {
            Id = UuidId.New<DecisionId>(now),
            RequestId = request.Id,
            RequestVersion = request.Version,
            Stage = request.Stage,
            PersonId = proof.PersonId,
            Verdict = Verdict.Approve,
            Comment = challenge.Comment,
            DecidedAt = now,
            ProofId = proof.Id,
        };
        db.Decisions.Add(decision);
        request.Decided(decision, earlier, workflow, now);
        var grants = request.Status == RequestStatus.Approved ? GrantMaking.Make(db, request, workflow, now) : [];
        db.Record(now, LedgerActor.Of(proof.PersonId), LedgerActs.RequestApproved, LedgerSubject.Of(request.Id), new JsonObject
        {
            ["comment"] = decision.Comment,
            ["stage"] = decision.Stage,
            ["version"] = decision.RequestVersion,
            ["complete"] = request.Status == RequestStatus.Approved,
            ["grants"] = GrantMaking.Names(grants),
            ["proof"] = ProofFacts.Of(proof),
        });
        GrantMaking.Record(db, grants, now);
        return RequestWords.Address(request.Id);
    }

    // Known to have lost the group since: Lapse saw a newer token of the requester that says so.
    private static async Task<Refusal?> StopsRequesterAsync(PortalDbContext db, AccessRequest request, Domain.Workflows.WorkflowVersion workflow, CancellationToken cancellation)
    {
        var requester = await db.People.AsNoTracking().SingleAsync(p => p.Id == request.RequesterId, cancellation);
        if (requester.IsDisabled) return new("RequesterDisabled", "An admin has shut the requester out of Lapse. Nothing was approved.");
        return workflow.MayBeRequestedBy(requester.Groups) ? null : new("RequesterLostGroup", "The requester may not ask for this role any more. Nothing was approved.");
    }
}

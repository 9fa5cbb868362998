using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Approvals;

/// <summary>
/// What an approver does with a request: begins the step-up of an approval, or denies at once. Role, namespaces, duration and
/// start are the request's own and come from no call.
/// </summary>
[UseCase]
public sealed class DecideRequest(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, StepUpEngine stepUp, TimeProvider clock)
{
    /// <summary>Begins the step-up of an approval.</summary>
    /// <param name="actor">Who approves.</param>
    /// <param name="id">The request.</param>
    /// <param name="version">The version that the person looked at.</param>
    /// <param name="comment">What the person says.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<StepUpChallengeId>> ApproveAsync(Actor actor, AccessRequestId id, int version, string comment, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var checkedRequest = await CheckAsync(db, actor, id, version, comment, cancellation);
        if (!checkedRequest.Succeeded) return checkedRequest.Refusal!;
        var (_, governed) = checkedRequest.Value;

        if (await ExtendedRequest.CheckEndsAsync(db, governed.Request, cancellation) is { } ended) return ended;
        var rules = await db.ReadRulesAsync(governed.Entry, cancellation);
        if (RequestRules.CheckRules(rules) is { } unusable) return unusable;
        if (DecisionRules.CheckRules(governed.Request, rules!) is { } widened)
        {
            await ReopenAsync(db, governed, rules!, cancellation);
            return widened;
        }
        await transaction.RollbackAsync(cancellation);
        return await stepUp.BeginAsync(actor, ActKind.ApproveRequest, id.Value, version, comment.Trim(), governed.Entry.ConfirmAfterStepUp, RequestWords.Address(id), cancellation);
    }

    /// <summary>Denies: it keeps access away, so it never waits for a step-up.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    public async Task<Outcome<Done>> DenyAsync(Actor actor, AccessRequestId id, int version, string comment, CancellationToken cancellation)
    {
        using var span = LapseTraces.Start("decision.deny", id);
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var checkedRequest = await CheckAsync(db, actor, id, version, comment, cancellation);
        if (!checkedRequest.Succeeded) return checkedRequest.Refusal!;
        var (person, (request, _, workflow, _)) = checkedRequest.Value;

        var decision = new Decision
        {
            Id = UuidId.New<DecisionId>(now),
            RequestId = request.Id,
            RequestVersion = request.Version,
            Stage = request.Stage,
            PersonId = person.Id,
            Verdict = Verdict.Deny,
            Comment = comment.Trim(),
            DecidedAt = now,
        };
        db.Decisions.Add(decision);
        request.Decided(decision, [], workflow, now);
        db.Record(now, LedgerActor.Of(person.Id), LedgerActs.RequestDenied, LedgerSubject.Of(request.Id), new JsonObject { ["comment"] = decision.Comment, ["stage"] = decision.Stage, ["version"] = request.Version });
        await db.CommitAsync(cancellation);
        return new Done();
    }

    private async Task<Outcome<(CurrentPerson, GovernedRequest)>> CheckAsync(PortalDbContext db, Actor actor, AccessRequestId id, int version, string comment, CancellationToken cancellation)
    {
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var governed = await GovernedRequest.LockAsync(db, id, cancellation);
        if (governed is null || !RequestVisibility.MaySee(governed.Request, governed.Workflow, current.Value)) return GovernedRequest.NotFound;
        var earlier = await governed.DecisionsAsync(db, cancellation);
        if (DecisionRules.Check(governed.Request, governed.Entry, governed.Workflow, earlier, current.Value.Id, current.Value.Session.Groups, comment, clock.GetUtcNow()) is { } refusal) return refusal;
        if (governed.Request.Version != version) return new Refusal("VersionChanged", "The request has changed since you looked at it. Nothing was decided; look at it again.", RequestWords.Address(id));
        return (current.Value, governed);
    }

    private async Task ReopenAsync(PortalDbContext db, GovernedRequest governed, RoleRules rules, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var added = RoleInWords.Atoms(Escalation.Uncovered(RoleRules.Parse(governed.Request.PinnedRules), rules));
        governed.Request.Reopen(rules, governed.Workflow, now);
        db.Record(now, LedgerActor.Lapse, LedgerActs.RequestReopened, LedgerSubject.Of(governed.Request.Id), new JsonObject
        {
            ["version"] = governed.Request.Version,
            ["added"] = new JsonArray([.. added.Take(200).Select(line => (JsonNode)line)]),
            ["rules"] = rules.Digest(),
        });
        await db.CommitAsync(cancellation);
    }
}

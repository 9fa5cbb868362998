using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Gives grants up. That nothing is left of them is then for the lane of ends to prove.</summary>
internal sealed class ProvisionFailures(GrantRecords records)
{
    /// <summary>Gives one grant up.</summary>
    /// <param name="grant">The grant as the worker knows it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="refusal">The code and the words.</param>
    /// <param name="alert">Whether somebody has to look into it.</param>
    /// <param name="answered">Whether the one create that was sent was answered, so that nothing is on its way.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<StepResult> FailAsync(Grant grant, FailureReason reason, Refusal refusal, bool alert, bool answered, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Fail, grant);
        step?.SetTag("lapse.reason", reason.ToString());
        return GrantRecords.Given(await records.RecordAsync(
            grant,
            (db, current, now) =>
            {
                if (answered) current.Answered();
                Fail(db, current, reason, refusal, now);
                if (alert) db.Alert(now, LedgerSubject.Of(current.Id), reason.ToString(), new JsonObject { ["code"] = refusal.Code, ["words"] = refusal.Message });
            },
            cancellation));
    }

    /// <summary>
    /// The role allows more than what was approved: the people decide anew about what it allows now. If a part of the access is
    /// there already, or nobody decides by this workflow, only this grant is given up.
    /// </summary>
    public async Task<StepResult> ReopenAsync(Grant grant, GrantFacts facts, RoleRules widened, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Fail, grant);
        var refusal = new Refusal("RoleWidened", "The role allows more now than what was approved.");
        return GrantRecords.Given(await records.RecordAloneAsync(
            grant,
            async (db, current, now) =>
            {
                // The other grants before the request, as everywhere, so that two who lock both never wait for each other.
                var others = await db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE request_id = {current.RequestId.Value} AND id <> {current.Id.Value} ORDER BY id FOR UPDATE").ToListAsync(cancellation);
                var request = (await db.LockAsync(current.RequestId, cancellation))!;
                var reopens = facts.Workflow.Stages.Count > 0 && request.Status == RequestStatus.Approved && request.Version == current.RequestVersion
                    && current.CreateSentAt is null && others.TrueForAll(g => g.IsOver || g.CreateSentAt is null);
                Fail(db, current, FailureReason.RoleWidened, refusal, now);
                if (!reopens) return;

                foreach (var other in others.Where(g => g.Status is GrantStatus.Scheduled or GrantStatus.Provisioning)) Fail(db, other, FailureReason.RoleWidened, refusal, now);
                request.Reopen(widened, facts.Workflow, now);
                db.Record(now, LedgerActor.Lapse, LedgerActs.RequestReopened, LedgerSubject.Of(request.Id), new JsonObject
                {
                    ["version"] = request.Version,
                    ["rules"] = widened.Digest(),
                    ["uncovered"] = new JsonArray([.. Escalation.Uncovered(RoleRules.Parse(facts.Request.PinnedRules), widened).Take(50).Select(rule => (JsonNode)rule.ToString())]),
                });
            },
            cancellation));
    }

    /// <summary>Writes down that a grant is given up; the caller holds the row and commits.</summary>
    public static void Fail(PortalDbContext db, Grant grant, FailureReason reason, Refusal refusal, DateTimeOffset now)
    {
        if (grant.Status == GrantStatus.Scheduled) grant.Begin(now);
        grant.Fail(reason, GrantRecords.Cut(refusal.Message), now);
        grant.Release(now);
        db.Record(now, LedgerActor.Lapse, LedgerActs.GrantRevoking, LedgerSubject.Of(grant.Id), new JsonObject { ["failure"] = reason.ToString(), ["code"] = refusal.Code, ["words"] = refusal.Message });
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Brings a grant up: checks, announces, creates. What comes after a lost answer is in <see cref="ProvisionResume"/>.</summary>
internal sealed class Provision(
    GrantRecords records, ProvisionCheck check, ProvisionFailures failures, ProvisionVerify verify, ProvisionResume resume, HoldCheck holds, LedgerWitnesses witnesses, LedgerDoubts doubts, BindingKey key, TimeProvider clock)
{
    /// <summary>Does what is next for a grant that is scheduled or being provisioned.</summary>
    public async Task<StepResult> StepAsync(Grant grant, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now >= grant.ProvisionUntil)
            return await failures.FailAsync(grant, FailureReason.TooLate, new("TooLate", $"It could not be made usable in time. {grant.LastError}".TrimEnd()), alert: false, answered: false, cancellation);
        if (await holds.FindAsync(cancellation) is { } hold)
        {
            // What was sent before it gave no verified access yet: it is taken back.
            return grant.CreateSentAt is null ? await records.StumbleAsync(grant, Words(hold), cancellation) : await resume.DiscardAsync(grant, cancellation);
        }
        if (grant.CreateSentAt is { } sent)
        {
            if (now >= sent + Grant.UsableWithin) return await resume.DiscardAsync(grant, cancellation);
            if (grant.BindingUid is not null) return await resume.VerifyAsync(grant, cancellation);
            if (await resume.AdoptAsync(grant, cancellation) is { } done) return done;
        }

        switch (await check.RunAsync(grant, cancellation))
        {
            case CheckResult.Refused refused:
                return await failures.FailAsync(grant, refused.Reason, refused.Refusal, refused.Alert, answered: false, cancellation);
            case CheckResult.Widened widened:
                return await failures.ReopenAsync(grant, widened.Facts, widened.Now, cancellation);
            case CheckResult.Blocked blocked:
                return await records.StumbleAsync(grant, blocked.Words, cancellation);
            case CheckResult.Ready ready:
                return await SendAsync(grant, ready.Plan, cancellation);
            default:
                throw new InvalidOperationException("There is no other result.");
        }
    }

    private async Task<StepResult> SendAsync(Grant grant, ProvisionPlan plan, CancellationToken cancellation)
    {
        var first = grant.CreateSentAt is null;
        var announced = first ? await PrepareAsync(grant, plan, cancellation) : await ResendAsync(grant, plan, cancellation);
        if (announced is null) return StepResult.Again;
        var spec = plan.Facts.Spec(announced.ProbeUser!, announced.NotAfter!.Value);
        // Held up since, it might arrive after somebody was told that nothing can come any more.
        if (clock.GetUtcNow() > announced.InFlightUntil - Grant.CreateSettles + Grant.SendWithin) return StepResult.Again;

        CreateBindingResult result;
        using (ReconciliationSteps.Start(ReconciliationSteps.Create, grant))
            result = await plan.Link.Breaker.RunAsync(
                token => plan.Link.Api.CreateBindingAsync(spec, announced.Signature!, token),
                created => (created as CreateBindingResult.Unknown)?.Failure, failure => new CreateBindingResult.Unknown(failure), cancellation);
        return result switch
        {
            CreateBindingResult.Created created => await verify.RunAsync(announced, plan, created.Uid, answered: first, cancellation),
            // Somebody is there under this name: the next step looks who.
            CreateBindingResult.AlreadyExists => await AnsweredAsync(announced, first, cancellation),
            CreateBindingResult.Unknown unknown => await records.StumbleAsync(announced, unknown.Failure.Message, cancellation),
            _ => await failures.FailAsync(announced, Reason(result), new(Reason(result).ToString(), Words(result)), alert: result is CreateBindingResult.Forbidden, answered: first, cancellation),
        };
    }

    private async Task<Grant?> PrepareAsync(Grant grant, ProvisionPlan plan, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Prepare, grant);
        return await UnlessHeldAsync(
            grant,
            (db, current, now) =>
            {
                if (current.Status == GrantStatus.Scheduled) current.Begin(now);
                var spec = plan.Facts.Spec(BindingProbe.NewName(), now + current.Duration + Grant.UsableWithin);
                current.Prepare(spec.Probe, spec.NotAfter, key.Sign(spec), now);
                current.AlreadyHad(plan.AlreadyHadBy);
                db.Record(now, LedgerActor.Lapse, LedgerActs.GrantPrepared, LedgerSubject.Of(current.Id), new JsonObject
                {
                    ["binding"] = spec.Name,
                    ["cluster"] = spec.Cluster,
                    ["namespace"] = spec.Namespace,
                    ["role"] = spec.Role.ToString(),
                    ["user"] = spec.User,
                    ["probe"] = spec.Probe,
                    ["notAfter"] = CanonicalTime.Text(spec.NotAfter),
                    ["approvers"] = new JsonArray([.. spec.Approvers.Select(name => (JsonNode)name)]),
                    ["signature"] = current.Signature,
                });
            },
            cancellation);
    }

    private async Task<Grant?> ResendAsync(Grant grant, ProvisionPlan plan, CancellationToken cancellation)
    {
        // Only what this installation signed is sent again. If a name in it changed meanwhile, it is waited for and started again.
        if (!key.Verify(plan.Facts.Spec(grant.ProbeUser!, grant.NotAfter!.Value), grant.Signature))
        {
            await records.StumbleAsync(grant, "What was announced does not match the records any more; it is started again once nothing can be on its way.", cancellation);
            return null;
        }
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Prepare, grant);
        return await UnlessHeldAsync(grant, (_, current, now) => current.Resend(now), cancellation);
    }

    // In the same transaction as what it announces, so that a hold that begins meanwhile either sees it or is seen.
    private async Task<Grant?> UnlessHeldAsync(Grant grant, Action<PortalDbContext, Grant, DateTimeOffset> announce, CancellationToken cancellation)
    {
        var held = false;
        SignedCheckpoint? older = null;
        var recorded = await records.RecordAsync(
            grant,
            async (db, current, now) =>
            {
                held = await holds.FindLockedAsync(db, cancellation) is not null;
                if (!held) older = await witnesses.FindContradictionAsync(db, cancellation);
                if (!held && older is null) announce(db, current, now);
            },
            cancellation);
        if (older is not null) await doubts.OlderAsync(older, cancellation);
        return held || older is not null ? null : recorded;
    }

    private async Task<StepResult> AnsweredAsync(Grant grant, bool first, CancellationToken cancellation)
    {
        if (first) await records.RecordAsync(grant, (_, current, _) => current.Answered(), cancellation);
        return StepResult.Again;
    }

    private static string Words(Hold hold) => $"Lapse is on hold and starts nothing: {hold.Why}";

    private static FailureReason Reason(CreateBindingResult result) => result switch
    {
        CreateBindingResult.Forbidden => FailureReason.Forbidden,
        CreateBindingResult.NamespaceGone => FailureReason.NamespaceGone,
        CreateBindingResult.RoleGone => FailureReason.RoleGone,
        CreateBindingResult.Invalid => FailureReason.Rejected,
        _ => throw new InvalidOperationException("Not a refusal of the cluster."),
    };

    private static string Words(CreateBindingResult result) => result switch
    {
        CreateBindingResult.Forbidden forbidden => $"The cluster does not let Lapse bind this role here: {forbidden.Message}",
        CreateBindingResult.NamespaceGone => "The namespace is not there.",
        CreateBindingResult.RoleGone => "The cluster has no such role.",
        CreateBindingResult.Invalid invalid => $"The cluster does not take the binding: {invalid.Message}",
        _ => throw new InvalidOperationException("Not a refusal of the cluster."),
    };
}

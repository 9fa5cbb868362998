using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Goes on where a worker stopped or an answer was lost. A look by name comes before everything.</summary>
internal sealed class ProvisionResume(
    GrantRecords records, ProvisionCheck check, ProvisionFailures failures, ProvisionVerify verify, BindingJudge judge, ReconciliationOptions options, TimeProvider clock)
{
    /// <summary>A binding whose UID is known is verified.</summary>
    public async Task<StepResult> VerifyAsync(Grant grant, CancellationToken cancellation) =>
        await PlanAsync(grant, cancellation) is { } plan ? await verify.RunAsync(grant, plan, grant.BindingUid!, answered: false, cancellation) : StepResult.Released;

    /// <summary>Looks for what may have been created.</summary>
    /// <returns>What to do next, or <see langword="null"/> if nothing is there and the same may be sent once more.</returns>
    public async Task<StepResult?> AdoptAsync(Grant grant, CancellationToken cancellation)
    {
        if (await PlanAsync(grant, cancellation) is not { } plan) return StepResult.Released;
        BindingObject found;
        using (ReconciliationSteps.Start(ReconciliationSteps.Adopt, grant))
        {
            switch (await LookAsync(grant, plan.Link, cancellation))
            {
                case GetBindingResult.Unknown unknown:
                    return await records.StumbleAsync(grant, unknown.Failure.Message, cancellation);
                case GetBindingResult.Found there:
                    found = there.Binding;
                    break;
                default:
                    return null;
            }
        }
        switch (judge.Judge(grant, found))
        {
            case BindingFinding.AsRecorded when found.DeletedAt is null:
                return await verify.RunAsync(grant, plan, found.Uid, answered: false, cancellation);
            case BindingFinding.Foreign foreign:
                return await failures.FailAsync(
                    grant, FailureReason.NameTaken, new("NameTaken", $"A binding called {BindingKeys.NameOf(grant.Id)} is there that Lapse did not make: {foreign.Why}."), alert: true, answered: false, cancellation);
            default:
                // Ours, but not what was announced: changed before it was seen, or from an earlier creation.
                await plan.Link.Api.DeleteBindingAsync(found.Name, found.Namespace, found.Uid, cancellation);
                return await records.StumbleAsync(grant, "A binding of this grant was there, but not as announced. It was deleted.", cancellation);
        }
    }

    /// <summary>Not usable in time: deletes, proves that nothing is there, and starts again with everything new.</summary>
    public async Task<StepResult> DiscardAsync(Grant grant, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Discard, grant);
        if (await PlanAsync(grant, cancellation) is not { } plan) return StepResult.Released;
        switch (await LookAsync(grant, plan.Link, cancellation))
        {
            case GetBindingResult.Found found when judge.Judge(grant, found.Binding) is not BindingFinding.Foreign:
                await plan.Link.Api.DeleteBindingAsync(found.Binding.Name, found.Binding.Namespace, found.Binding.Uid, cancellation);
                await records.StumbleAsync(grant, "The binding did not become usable within a minute; it is taken back and made anew.", cancellation);
                return StepResult.Released;
            case GetBindingResult.Unknown unknown:
                return await records.StumbleAsync(grant, unknown.Failure.Message, cancellation);
        }
        if (grant.InFlightUntil > clock.GetUtcNow())
        {
            return await records.ReleaseAsync(grant, grant.InFlightUntil, cancellation);
        }
        if (await plan.Link.Api.ProbeAsync(grant.ProbeUser!, plan.Question, options.ProbeConnections, cancellation) is not ProbeResult.AllDenied)
        {
            return await records.StumbleAsync(grant, "The binding is gone, but not every API server has noticed yet.", cancellation);
        }
        await records.RecordAsync(grant, (_, current, now) => current.StartAgain(now), cancellation);
        return StepResult.Again;
    }

    private static Task<GetBindingResult> LookAsync(Grant grant, ClusterLink link, CancellationToken cancellation) => link.Breaker.RunAsync(
        token => link.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, token),
        result => (result as GetBindingResult.Unknown)?.Failure, failure => new GetBindingResult.Unknown(failure), cancellation);

    private async Task<ProvisionPlan?> PlanAsync(Grant grant, CancellationToken cancellation)
    {
        switch (await check.ResumeAsync(grant, cancellation))
        {
            case CheckResult.Ready ready:
                return ready.Plan;
            case CheckResult.Refused refused:
                await failures.FailAsync(grant, refused.Reason, refused.Refusal, refused.Alert, answered: false, cancellation);
                return null;
            case CheckResult.Blocked blocked:
                await records.StumbleAsync(grant, blocked.Words, cancellation);
                return null;
            default:
                throw new InvalidOperationException("There is no other result.");
        }
    }
}

using Lapse.Domain;
using Lapse.Domain.Access;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Works on one claimed grant until there is nothing to do for it now.</summary>
internal sealed partial class GrantWorker(
    GrantRecords records, Provision provision, ActiveGrant active, EndingGrant ending, ReconciliationOptions options, TimeProvider clock, ILogger<GrantWorker> log)
{
    private const int MostSteps = 20;

    /// <summary>Works on a grant. Nothing that goes wrong with one grant reaches another.</summary>
    /// <param name="id">The grant.</param>
    /// <param name="turn">Its turn among the ends; <see langword="null"/> for one that begins.</param>
    /// <param name="owner">The signature of the lease.</param>
    /// <param name="stopping">The replica stops; the grant is given back.</param>
    public async Task RunAsync(GrantId id, EndTurn? turn, string owner, CancellationToken stopping)
    {
        using var pass = ReconciliationSteps.Start(ReconciliationSteps.Pass);
        pass?.SetTag(ReconciliationSteps.GrantTag, id.ToString());
        // All calls are over before the lease is, so that no second worker starts while the first is still at it.
        using var lease = new CancellationTokenSource(options.Lease - TimeSpan.FromSeconds(5), clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(lease.Token, stopping);
        Grant? grant = null;
        try
        {
            if (turn is not null) await turn.BeginAsync(both.Token);
            for (var steps = 0; steps < MostSteps; steps++)
            {
                grant = await records.ReadAsync(id, owner, both.Token);
                if (grant is null || grant.IsOver) return;
                if (await StepAsync(grant, turn, both.Token) == StepResult.Released) return;
            }
            await records.ReleaseAsync(grant!, clock.GetUtcNow() + TimeSpan.FromSeconds(1), both.Token);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            await GiveBackAsync(id, owner);
        }
#pragma warning disable CA1031 // One grant's defect must not stop the others; it is logged and tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(exception, id.ToString());
            if (grant is null && BrokenRecords.Says(exception)) await records.AlertUnreadableAsync(id, stopping);
            await GiveBackAsync(id, owner, grant?.Status, $"An error inside Lapse ({exception.GetType().Name}); its log says more.");
        }
    }

    private Task<StepResult> StepAsync(Grant grant, EndTurn? turn, CancellationToken cancellation) => grant.Status switch
    {
        GrantStatus.Scheduled or GrantStatus.Provisioning => provision.StepAsync(grant, cancellation),
        GrantStatus.Active => active.StepAsync(grant, turn, cancellation),
        GrantStatus.Revoking => ending.StepAsync(grant, turn, cancellation),
        GrantStatus.Ended or GrantStatus.Failed => Task.FromResult(StepResult.Released),
    };

    private async Task GiveBackAsync(GrantId id, string owner, GrantStatus? failedAt = null, string? words = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3), clock);
        try
        {
            // As it is now: the step that was broken off may have recorded something before.
            if (await records.ReadAsync(id, owner, limit.Token) is not { IsOver: false } grant) return;
            if (words is null || grant.Status != failedAt) await records.ReleaseAsync(grant, null, limit.Token);
            else await records.StumbleAsync(grant, words, limit.Token);
        }
#pragma warning disable CA1031 // The lease runs out by itself.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotGivenBack(exception, id.ToString());
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Grant {Grant} failed in a step; it is tried again.")]
    private partial void LogFailed(Exception exception, string grant);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Grant {Grant} could not be given back; its lease runs out by itself.")]
    private partial void LogNotGivenBack(Exception exception, string grant);
}

using System.Collections.Concurrent;
using Lapse.Domain;
using Lapse.Infrastructure.Notifications;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Brings grants and clusters together. Level-triggered: what is to be done is in the database; notifications, the watch and the
/// clock only wake the two lanes. Any number of replicas share the work.
/// </summary>
internal sealed partial class GrantReconciler(
    GrantClaims claims, GrantWorker worker, EndTurns turns, ReconcilerWakes wakes, ChangeFeed feed, ReconciliationOptions options, TimeProvider clock, ILogger<GrantReconciler> log) : BackgroundService
{
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AfterError = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(GrantId Id, Lane Lane), bool> _inHand = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.Subscribe(
            change => change == ChangeFeed.Resync || change.StartsWith("grant:", StringComparison.Ordinal),
            _ =>
            {
                wakes.Wake();
                return Task.CompletedTask;
            });
        await Task.WhenAll(RunLaneAsync(Lane.Start, stoppingToken), RunLaneAsync(Lane.End, stoppingToken), FreeAsync(stoppingToken));
    }

    private async Task RunLaneAsync(Lane lane, CancellationToken stopping)
    {
        var running = new HashSet<Task>();
        // Every record of every grant wakes both lanes: a stream of them is claimed together. Real time, as that is what the database has to bear.
        var pace = new Pace(TimeSpan.FromMilliseconds(20), atOnce: 8, TimeProvider.System);
        while (!stopping.IsCancellationRequested)
        {
            running.RemoveWhere(task => task.IsCompleted);
            try
            {
                await pace.WaitAsync(stopping);
                var room = lane == Lane.Start ? new Room(options.Starts - running.Count, []) : new Room(turns.Most, turns.Full());
                var (claimed, due) = await ClaimAsync(lane, room, stopping);
                foreach (var taken in claimed) running.Add(WorkAsync(lane, taken, stopping));
                // Full batches leave more behind.
                if (claimed.Count > 0 && (claimed.Count >= room.Most || wakes.AnyLooks)) continue;
                await SleepAsync(lane, due, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The database is away: the loop must outlive that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogLoop(exception, lane.ToString());
                await Task.Delay(AfterError, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        await Task.WhenAll(running);
    }

    private async Task<(IReadOnlyList<TakenGrant> Taken, DateTimeOffset? NextDue)> ClaimAsync(Lane lane, Room room, CancellationToken cancellation)
    {
        // Whoever makes room wakes the lane.
        if (room.Most <= 0) return ([], null);
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Claim);
        step?.SetTag(ReconciliationSteps.LaneTag, lane.ToString());
        var (taken, next) = await claims.ClaimAsync(lane, room.Most, room.Full, cancellation);
        step?.SetTag(ReconciliationSteps.ClaimedTag, taken.Count);
        if (lane == Lane.Start || taken.Count == room.Most || wakes.TakeLooks(room.Most - taken.Count) is not { Count: > 0 } looks) return (taken, next);
        return ([.. taken, .. await claims.ClaimForLookAsync(looks, cancellation)], next);
    }

    private async Task WorkAsync(Lane lane, TakenGrant taken, CancellationToken stopping)
    {
        using var turn = lane == Lane.End ? turns.Take(taken.Cluster) : null;
        _inHand[(taken.Id, lane)] = true;
        try
        {
            await Task.Yield();
            await worker.RunAsync(taken.Id, turn, claims.Owner(lane), stopping);
        }
        finally
        {
            _inHand.TryRemove((taken.Id, lane), out _);
        }
        // It may have moved to the other lane, and this one has room again.
        wakes.Wake();
    }

    private Task SleepAsync(Lane lane, DateTimeOffset? due, CancellationToken cancellation)
    {
        var sleep = due is { } next && next - clock.GetUtcNow() < options.LongestSleep ? next - clock.GetUtcNow() : options.LongestSleep;
        // A timer counts milliseconds and may be early by part of one; what is due already came in between.
        return wakes.WaitAsync(lane, sleep > TimeSpan.Zero ? sleep + TimeSpan.FromMilliseconds(1) : ShortestSleep, cancellation);
    }

    private async Task FreeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await claims.FreeOverdueAsync(stopping) + await claims.FreeAbandonedAsync(stopping) + await claims.FreeForgottenAsync([.. _inHand.Keys.Select(held => held.Id)], stopping) > 0) wakes.Wake();
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database is away: the loop must outlive that.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogLoop(exception, nameof(FreeAsync));
            }
            await Task.Delay(TimeSpan.FromSeconds(3), clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What a lane may take now.</summary>
    /// <param name="Most">So many.</param>
    /// <param name="Full">None in these clusters.</param>
    private sealed record Room(int Most, IReadOnlyList<ClusterId> Full);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reconciler's loop {Loop} met an error; it goes on.")]
    private partial void LogLoop(Exception exception, string loop);
}

using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Looks whether the reaper in a cluster still runs: it is the last line, and nobody misses it until it is needed. One that falls
/// silent or fails makes the cluster degraded and is an alert, once until it runs again.
/// </summary>
internal sealed class ReaperWatch(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    /// <summary>The alert about a reaper that does not run.</summary>
    public const string SilentAlert = "ReaperSilent";

    /// <summary>The alert about a reaper that leaves something.</summary>
    public const string FailingAlert = "ReaperFailing";

    /// <summary>Looks, and keeps what was seen.</summary>
    /// <param name="cluster">A cluster that answers and has a row of health.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task RunAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        var seen = await cluster.Link.Value.Api.ReadReaperAsync(cancellation);
        if (!seen.Succeeded) return;
        var id = cluster.Cluster.Id;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var known = await db.ClusterHealth.AsNoTracking().SingleOrDefaultAsync(h => h.ClusterId == id, cancellation);
        if (known is null) return;

        var sign = seen.Value.Sign;
        var state = ReaperSign.Judge(sign, seen.Value.ServerTime ?? clock.GetUtcNow(), known.Reaper is not ReaperState.None);
        var ranAt = sign is null ? known.ReaperRanAt : sign.RanAt;
        var message = state == ReaperState.Failing ? GrantRecords.Cut(sign!.Words) : "";
        if (state == known.Reaper && ranAt == known.ReaperRanAt && message == known.ReaperMessage) return;

        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        // Of several replicas that see the same, one moves the row and says so.
        var moved = await db.ClusterHealth.Where(h => h.ClusterId == id && h.Reaper == known.Reaper)
            .ExecuteUpdateAsync(set => set.SetProperty(h => h.Reaper, state).SetProperty(h => h.ReaperRanAt, ranAt).SetProperty(h => h.ReaperMessage, message), cancellation);
        if (moved == 1 && state != known.Reaper && state is (ReaperState.Silent or ReaperState.Failing))
        {
            db.Alert(clock.GetUtcNow(), LedgerSubject.Of(id), state == ReaperState.Silent ? SilentAlert : FailingAlert, new JsonObject
            {
                ["words"] = state == ReaperState.Failing ? message : "Nothing was heard of the cluster's reaper for five minutes.",
                ["ranAt"] = ranAt is { } ran ? Domain.Text.CanonicalTime.Text(ran) : null,
            });
            await db.CommitAsync(cancellation);
        }
        else await transaction.CommitAsync(cancellation);
    }

    /// <summary>The sight of a cluster with what is wrong with its reaper.</summary>
    public static ClusterSight With(ClusterSight sight, ReaperState reaper)
    {
        if (sight.State is not (ClusterState.Healthy or ClusterState.Degraded)) return sight;
        var words = reaper switch
        {
            ReaperState.Silent => "Its reaper does not run.",
            ReaperState.Failing => "Its reaper leaves what it should delete.",
            _ => null,
        };
        return words is null ? sight : sight with { State = ClusterState.Degraded, Message = sight.Message.Length == 0 ? words : $"{sight.Message} {words}" };
    }
}

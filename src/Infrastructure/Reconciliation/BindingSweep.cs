using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Compares what is in a cluster with the grants, as a backstop of the watch. Bindings of ours without a live grant are deleted (a
/// database that was restored or written to, a create that arrived late), and so is one past its signed end, whatever its rows
/// say; objects of others that wear our label are reported once and left alone, so that nobody can use Lapse to delete for them.
/// </summary>
internal sealed class BindingSweep(
    IDbContextFactory<PortalDbContext> contexts, RegisteredClusters clusters, BindingJudge judge, ReconcilerWakes wakes, TimeProvider clock)
{
    /// <summary>Sweeps every cluster in use.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var cluster in await clusters.ReadAsync(cancellation)) await RunAsync(cluster, cancellation);
    }

    /// <summary>Sweeps one cluster, or a part of it. A cluster that does not answer is left for the next time.</summary>
    public async Task RunAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        if (!cluster.Link.Succeeded) return;
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Sweep);
        step?.SetTag("lapse.cluster", cluster.Cluster.Name);
        var active = await ActiveAsync(cluster, cancellation);
        var listed = await cluster.Link.Value.Api.ListBindingsAsync(cluster.Scope, cancellation);
        if (!listed.Succeeded) return;

        var known = await KnownAsync(listed.Value.Bindings, cancellation);
        var seen = new HashSet<GrantId>();
        foreach (var binding in listed.Value.Bindings)
        {
            var grant = GrantOf(binding) is { } id ? known.GetValueOrDefault(id) : null;
            var belongs = grant is not null && grant.ClusterId == cluster.Cluster.Id && grant.Namespace == binding.Namespace;
            var signed = BindingKeys.IsBindingName(binding.Name) ? judge.SignedFor(binding, cluster.Cluster.Name) : null;
            // Nothing was ever sent for a grant that is scheduled, so whatever is there belongs to no live one.
            if (belongs && grant!.Status is GrantStatus.Provisioning or GrantStatus.Active or GrantStatus.Revoking)
            {
                seen.Add(grant.Id);
                if (signed is not null && signed.NotAfter <= clock.GetUtcNow()) await EndOutlivedAsync(cluster, binding, grant, signed, cancellation);
                else if (grant.Status == GrantStatus.Active && NeedsALook(grant, binding)) wakes.Look(grant.Id);
            }
            else if (signed is not null || (belongs && judge.Judge(grant!, binding) is not BindingFinding.Foreign))
                await DeleteAsync(cluster, binding, grant, "LeftOver", $"A binding of Lapse was there {WithoutGrant(grant, belongs)}", cancellation);
            else await ReportAsync(cluster, binding, cancellation);
        }
        foreach (var missing in active.Where(id => !seen.Contains(id))) wakes.Look(missing);
    }

    private async Task<List<GrantId>> ActiveAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        string[] places = [.. cluster.Scope.Namespaces];
        var clusterWide = cluster.Scope.ClusterWide;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Grants.AsNoTracking()
            .Where(g => g.ClusterId == cluster.Cluster.Id && g.Status == GrantStatus.Active && ((g.Namespace == null && clusterWide) || places.Contains(g.Namespace!)))
            .Select(g => g.Id).ToListAsync(cancellation);
    }

    // Read after the list: a grant that was made in between is known, and none is taken for unknown that is only new.
    private async Task<Dictionary<GrantId, Grant>> KnownAsync(IReadOnlyList<BindingObject> bindings, CancellationToken cancellation)
    {
        GrantId[] ids = [.. bindings.Select(GrantOf).OfType<GrantId>().Distinct()];
        if (ids.Length == 0) return [];
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Grants.AsNoTracking().Where(g => ids.Contains(g.Id)).ToDictionaryAsync(g => g.Id, cancellation);
    }

    private bool NeedsALook(Grant grant, BindingObject binding) =>
        binding.Uid != grant.BindingUid || grant.EndsAt is null || grant.EndsAt <= clock.GetUtcNow()
        || judge.Judge(grant, binding) is not BindingFinding.AsRecorded { Signed: var signed } || BindingJudge.Prolonged(grant, signed).Count > 0;

    // What is signed cannot be moved, but status, end, due time and lease can. So neither waits for whoever holds the row.
    private async Task EndOutlivedAsync(RegisteredCluster cluster, BindingObject binding, Grant grant, BindingSpec signed, CancellationToken cancellation)
    {
        if (grant.Status != GrantStatus.Active || !await EndAsync(grant.Id, ActiveEnd.Outlived(signed), cancellation))
            await DeleteAsync(cluster, binding, grant, ActiveEnd.OutlivedAlert, "A binding of Lapse was there after its signed end", cancellation);
    }

    /// <summary>Begins the end of an active grant whoever holds its lease.</summary>
    /// <returns>Whether it was still active.</returns>
    private async Task<bool> EndAsync(GrantId id, ActiveEnd end, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var grant = (await db.LockAsync(id, cancellation))!;
        if (grant.Status != GrantStatus.Active) return false;
        var now = clock.GetUtcNow();
        end.Begin(db, grant, now);
        grant.Release(now);
        await db.CommitAsync(cancellation);
        return true;
    }

    private async Task DeleteAsync(RegisteredCluster cluster, BindingObject binding, Grant? grant, string kind, string what, CancellationToken cancellation)
    {
        var result = await cluster.Link.Value.Api.DeleteBindingAsync(binding.Name, binding.Namespace, binding.Uid, cancellation);
        // Gone meanwhile: its grant ended while the list was on its way.
        if (result is DeleteBindingResult.NotFound or DeleteBindingResult.UidConflict) return;
        await AlertAsync(cluster, grant, kind, Facts(binding, $"{what}: {(result is DeleteBindingResult.Deleted ? "deleted" : "it could not be deleted yet")}."), cancellation);
    }

    private static string WithoutGrant(Grant? grant, bool belongs) => grant switch
    {
        null => "without any grant",
        { IsOver: true } => "although its grant is over",
        _ when !belongs => "although its grant is for another place",
        _ => "although its grant has not begun",
    };

    private Task ReportAsync(RegisteredCluster cluster, BindingObject binding, CancellationToken cancellation) =>
        AlertAsync(cluster, null, "ForeignObject", Facts(binding, "An object that Lapse did not make wears its label. It was left alone."), cancellation);

    // Another sweep may find the same at this moment, on another replica or because the cluster answers again: it waits here, and finds that it was said.
    private async Task AlertAsync(RegisteredCluster cluster, Grant? grant, string kind, JsonObject facts, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (grant is null) await db.LockAsync(cluster.Cluster.Id, cancellation);
        else await db.LockAsync(grant.Id, cancellation);
        if (await db.AlertOnceAsync(clock.GetUtcNow(), grant is null ? LedgerSubject.Of(cluster.Cluster.Id) : LedgerSubject.Of(grant.Id), kind, facts, cancellation)) await db.CommitAsync(cancellation);
    }

    private static JsonObject Facts(BindingObject binding, string words) => new()
    {
        ["name"] = binding.Name,
        ["namespace"] = binding.Namespace,
        ["uid"] = binding.Uid,
        ["role"] = binding.RoleRef.ToString(),
        ["words"] = words,
    };

    private static GrantId? GrantOf(BindingObject binding) =>
        BindingKeys.IsBindingName(binding.Name) && UuidId.TryParse<GrantId>(binding.Name[BindingKeys.NamePrefix.Length..], out var id) ? id : null;
}

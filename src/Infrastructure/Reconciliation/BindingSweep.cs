using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Compares what is in a cluster with the grants, as a backstop of the watch. Bindings of ours whose grant is over or unknown are
/// deleted (a database that was restored, a create that arrived late); objects of others that wear our label are reported once
/// and left alone, so that nobody can use Lapse to delete for them.
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
            if (belongs && !grant!.IsOver)
            {
                seen.Add(grant.Id);
                if (grant.Status == GrantStatus.Active && (binding.Uid != grant.BindingUid || judge.Judge(grant, binding) is not BindingFinding.AsRecorded)) wakes.Look(grant.Id);
            }
            // A signature names grant, cluster and namespace: what is exactly as signed, and in no live grant's hand, is left over.
            else if (judge.IsAsSigned(binding) && BindingReading.Read(binding)!.Cluster == cluster.Cluster.Name && BindingKeys.IsBindingName(binding.Name)) await DeleteAsync(cluster, binding, grant, cancellation);
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

    private async Task DeleteAsync(RegisteredCluster cluster, BindingObject binding, Grant? grant, CancellationToken cancellation)
    {
        var result = await cluster.Link.Value.Api.DeleteBindingAsync(binding.Name, binding.Namespace, binding.Uid, cancellation);
        // Gone meanwhile: its grant ended while the list was on its way.
        if (result is DeleteBindingResult.NotFound or DeleteBindingResult.UidConflict) return;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var words = $"A binding of Lapse was there {(grant is null ? "without any grant" : "although its grant is over")}: {(result is DeleteBindingResult.Deleted ? "deleted" : "it could not be deleted yet")}.";
        var facts = Facts(binding, words);
        if (await db.AlertOnceAsync(clock.GetUtcNow(), grant is null ? LedgerSubject.Of(cluster.Cluster.Id) : LedgerSubject.Of(grant.Id), "LeftOver", facts, cancellation)) await db.CommitAsync(cancellation);
    }

    private async Task ReportAsync(RegisteredCluster cluster, BindingObject binding, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var facts = Facts(binding, "An object that Lapse did not make wears its label. It was left alone.");
        if (await db.AlertOnceAsync(clock.GetUtcNow(), LedgerSubject.Of(cluster.Cluster.Id), "ForeignObject", facts, cancellation)) await db.CommitAsync(cancellation);
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

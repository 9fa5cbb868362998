using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Looks, after a grant is recorded as over, for what appeared in its scope while its binding was there and is not Lapse's. It goes by the
/// times that the API server gives its objects, so nothing has to be kept from the start, and no end ever waits for it: it is recurring work
/// of its own, on one of the replicas, and what it cannot see it says so.
/// </summary>
internal sealed class LeftBehindLook(IDbContextFactory<PortalDbContext> contexts, ClusterConnections connections, BindingJudge judge, TimeProvider clock)
{
    /// <summary>The kind of the alert.</summary>
    public const string AlertKind = "LeftBehind";

    // A cluster that does not answer is asked again for so long; then it is said that it could not be looked at.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    // The API server's times are whole seconds, and its clock is known to about a second.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);
    private const int Most = 500;

    private static readonly NotLookedAt TokenRequests = new("Short-lived tokens", "the API server keeps no record of them");

    /// <summary>Looks after every grant that is over and was not looked after yet.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        List<Grant> over;
        var since = clock.GetUtcNow() - LeftBehind.LookWithin;
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
            over = await db.Grants.AsNoTracking().Where(g => g.EndedAt > since && g.LookedAfterAt == null && g.BindingUid != null).OrderBy(g => g.EndedAt).Take(Most).ToListAsync(cancellation);
        foreach (var place in over.GroupBy(g => (g.ClusterId, g.Namespace))) await RunAsync(place.Key.ClusterId, place.Key.Namespace, [.. place], cancellation);
    }

    // One list serves all grants of a place that ended together.
    private async Task RunAsync(ClusterId id, string? place, IReadOnlyList<Grant> grants, CancellationToken cancellation)
    {
        Cluster? cluster;
        await using (var db = await contexts.CreateDbContextAsync(cancellation)) cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, cancellation);
        var link = cluster is null ? (Outcome<ClusterLink>)new Refusal("ClusterGone", "The cluster is not known any more.") : connections.To(cluster);
        var seen = link.Succeeded ? await LookAsync(link.Value.Api, cluster!.Name, place, cancellation) : new Seen([], [], TimeSpan.Zero, link.Refusal!.Message);
        var restored = await RestoredAsync(id, cancellation);
        seen = seen with { Objects = [.. seen.Objects.Where(one => !restored.Contains((one.Kind, one.Namespace ?? "", one.Name, one.Uid)) && !restored.Contains((one.Kind, one.Namespace ?? "", one.Name, "")))] };
        foreach (var grant in grants)
        {
            if (seen.Away is not null && clock.GetUtcNow() < grant.EndedAt + Patience) continue;
            await RecordAsync(grant, Found(grant, seen), cancellation);
        }
    }

    // A standing binding that an admin had Lapse restore was made by nobody who had access for a time. While it is being made its UID is not recorded yet.
    private async Task<HashSet<(string Kind, string Namespace, string Name, string Uid)>> RestoredAsync(ClusterId cluster, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var rows = await db.StandingRemovals.AsNoTracking().Where(r => r.ClusterId == cluster && (r.Status == RemovalStatus.Restoring || r.Status == RemovalStatus.Restored)).ToListAsync(cancellation);
        return [.. rows.Select(r => (r.Kind, r.Namespace, r.Name, r.RestoredUid))];
    }

    private sealed record Seen(IReadOnlyList<AppearedObject> Objects, IReadOnlyList<NotLookedAt> NotLooked, TimeSpan Skew, string? Away);

    private async Task<Seen> LookAsync(ClusterApi api, string cluster, string? place, CancellationToken cancellation)
    {
        var server = await api.ServerInfoAsync(cancellation);
        if (server.Failure is { } away) return new([], [], TimeSpan.Zero, away.Message);
        var (objects, notLooked) = (new List<AppearedObject>(), new List<NotLookedAt>());

        void Add(string kind, ClusterFailure? failure, IEnumerable<AppearedObject>? found)
        {
            if (failure is not null) notLooked.Add(new(kind, failure.Kind == ClusterFailureKind.Forbidden ? "the cluster does not let Lapse list them" : failure.Message));
            else objects.AddRange(found!);
        }

        var bindings = await api.ListBindingsInAsync(place, cancellation);
        Add("Bindings", bindings.Failure, bindings.Failure is null ? bindings.Value.Bindings.Where(one => judge.SignedFor(one, cluster) is null).Select(Of) : null);
        var accounts = await api.ListServiceAccountsAsync(place, cancellation);
        Add("ServiceAccounts", accounts.Failure, accounts.Failure is null ? accounts.Value : null);
        if (place is null)
        {
            var requests = await api.ListCertificateRequestsAsync(cancellation);
            Add("Certificate requests", requests.Failure, requests.Failure is null ? requests.Value : null);
        }
        var secrets = await api.ListTokenSecretsAsync(place, cancellation);
        if (secrets is { Failure: null, Value: null }) notLooked.Add(new("Secrets with tokens", "whoever may list Secrets may read them, so Lapse does not have that right"));
        else Add("Secrets with tokens", secrets.Failure, secrets.Failure is null ? secrets.Value : null);
        notLooked.Add(TokenRequests);
        return new(objects, notLooked, server.Value.Skew ?? TimeSpan.Zero, null);
    }

    private static LeftBehind Found(Grant grant, Seen seen)
    {
        // By the API server's clock, as the objects are.
        var (since, until) = ((grant.CreateSentAt ?? grant.CreatedAt) + seen.Skew - Margin, grant.EndedAt!.Value + seen.Skew + Margin);
        if (seen.Away is { } why) return new(since, until, 0, [], [new("Everything", $"the cluster could not be asked: {why}")]);
        AppearedObject[] appeared = [.. seen.Objects.Where(one => one.CreatedAt >= since && one.CreatedAt <= until).OrderBy(one => one.CreatedAt).ThenBy(one => one.Name, StringComparer.Ordinal)];
        return new(since, until, appeared.Length, [.. appeared.Take(LeftBehind.MostNamed)], seen.NotLooked);
    }

    private async Task RecordAsync(Grant grant, LeftBehind left, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.LockAsync(grant.Id, cancellation) is not { IsOver: true, LookedAfterAt: null } current) return;
        var now = clock.GetUtcNow();
        current.LookedAfter(now);
        db.Record(now, LedgerActor.Lapse, LedgerActs.GrantLookedAfter, LedgerSubject.Of(grant.Id), left.ToJson());
        if (left.Count > 0) db.Alert(now, LedgerSubject.Of(grant.Id), AlertKind, left.ToJson());
        await db.CommitAsync(cancellation);
    }

    private static AppearedObject Of(BindingObject binding) =>
        new(binding.Namespace is null ? "ClusterRoleBinding" : "RoleBinding", binding.Namespace, binding.Name, binding.Uid, binding.CreatedAt ?? DateTimeOffset.UnixEpoch);
}

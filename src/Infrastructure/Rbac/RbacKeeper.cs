using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Rbac;

/// <summary>What came of keeping a reading.</summary>
internal enum Kept
{
    /// <summary>Nothing is different: only the time of the look was noted.</summary>
    Unchanged,

    /// <summary>There is a new snapshot.</summary>
    Snapshot,

    /// <summary>Somebody else began a later look meanwhile: nothing was kept.</summary>
    Overtaken,
}

/// <summary>
/// Keeps what was read: a snapshot of what changed, and the findings of the audit over it, in one transaction. Whoever is killed
/// in the middle has kept nothing; of two replicas that looked at once, the one that began later keeps its state.
/// </summary>
internal sealed class RbacKeeper(IDbContextFactory<PortalDbContext> contexts, RbacSnapshots snapshots, ClusterAudit knowledge, RbacOptions options, TimeProvider clock)
{
    private static readonly ImmutableArray<string> WorkloadKinds = [.. RbacKind.Workloads.Select(kind => kind.Kind)];
    private static readonly ImmutableArray<string> WorkloadParts = [RbacKind.WorkloadsPart, RbacKind.ServedPart];

    /// <summary>Which checks and settings findings come from now: the same for every replica of a release.</summary>
    public string AuditedWith { get; } = Digest($"{typeof(RbacAudit).Module.ModuleVersionId}\n{string.Join(',', options.Audit.PrivilegedNamespaces)}\n{options.Audit.ManyRoles}\n{options.Audit.ManySubjects}\n{options.Audit.UnusedAfterDays}");

    /// <summary>Keeps a reading.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="read">What was read.</param>
    /// <param name="began">When the look began, as its row says.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Kept> KeepAsync(Cluster cluster, RbacReading read, DateTimeOffset began, CancellationToken cancellation)
    {
        RbacLook look;
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
            look = await db.RbacLooks.AsNoTracking().SingleAsync(l => l.ClusterId == cluster.Id, cancellation);
        var (records, version) = await knowledge.RecordsAsync(cluster, read.Account, cancellation);
        var auditedWith = Digest($"{AuditedWith}\n{version}");
        var items = read.Objects.Select(found => new Item(found)).DistinctBy(item => item.Place).ToList();
        var rbac = Digest(items.Where(item => !item.IsWorkload), read, workloads: false);
        var workloads = read.Served is { } served ? Digest(items.Where(item => item.IsWorkload), read, workloads: true) + Digest(RbacObjectJson.WriteServed(served)) : look.WorkloadsDigest;
        if (workloads.Length > 64) workloads = Digest(workloads);
        if (look.Number > 0 && (look.RbacDigest, look.WorkloadsDigest, look.AuditedWith) == (rbac, workloads, auditedWith)) return await UnchangedAsync(cluster.Id, read, began, cancellation);

        // What was not looked at this time stands as it was.
        var before = look.Number > 0 ? await snapshots.StateAsync(cluster.Id, look.Number, cancellation) : null;
        var state = StateOf(read, before);
        var audit = RbacAudit.Scan(new RbacIndex(knowledge.WithoutLapses(state, cluster.Name)), options.Audit, records);
        return await SaveAsync(cluster, read, began, look.Number, items, state, before?.Snapshot, audit, (rbac, workloads, auditedWith), cancellation);
    }

    private async Task<Kept> UnchangedAsync(ClusterId cluster, RbacReading read, DateTimeOffset began, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.LockRbacLookAsync(cluster, cancellation) is not { } look || look.TriedAt != began) return Kept.Overtaken;
        Looked(look, read, began);
        await db.CommitAsync(cancellation);
        return Kept.Unchanged;
    }

    private async Task<Kept> SaveAsync(
        Cluster cluster, RbacReading read, DateTimeOffset began, int expected, List<Item> items, RbacState state, RbacSnapshot? before, AuditResult audit, (string Rbac, string Workloads, string AuditedWith) digests, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        if (await db.LockRbacLookAsync(cluster.Id, cancellation) is not { } look || look.TriedAt != began || look.Number != expected) return Kept.Overtaken;
        var number = expected + 1;
        // A kind that could not be read stands as it was last seen: nothing of it is gone.
        List<string> lookedAt = [.. RbacKind.Core.Concat(read.Served is null ? [] : RbacKind.Workloads).Select(kind => kind.Kind).Where(kind => !read.UnreadKinds.Contains(kind))];
        var (added, changed, removed) = await SaveObjectsAsync(db, cluster.Id, number, lookedAt, items, cancellation);
        var served = RbacObjectJson.WriteServed(state.Served);
        var servedDigest = SHA256.HashData(Encoding.UTF8.GetBytes(served));
        await InsertContentsAsync(db, [(servedDigest, served)], cancellation);

        var findings = await FollowFindingsAsync(db, cluster.Id, audit, began, before, cancellation);
        var now = clock.GetUtcNow();
        int Count(Severity severity) => findings.Count(finding => finding.Severity == severity);
        db.RbacSnapshots.Add(new RbacSnapshot
        {
            Id = UuidId.New<RbacSnapshotId>(now),
            ClusterId = cluster.Id,
            Number = number,
            TakenAt = began,
            Objects = state.Objects.GroupBy(found => found.Kind).OrderBy(group => group.Key, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count()),
            Added = added,
            Changed = changed,
            Removed = removed,
            Gaps = [.. state.Gaps],
            UnreadKinds = [.. read.UnreadKinds.Union(read.Served is null ? before?.UnreadKinds.Intersect(WorkloadKinds) ?? WorkloadKinds : []).Order(StringComparer.Ordinal)],
            ServedDigest = servedDigest,
            NotEvaluated = [.. audit.NotEvaluated],
            Critical = Count(Severity.Critical),
            High = Count(Severity.High),
            Medium = Count(Severity.Medium),
            Low = Count(Severity.Low),
            Info = Count(Severity.Info),
            Accepted = findings.Count(finding => finding.IsAccepted(now)),
        });
        (look.Number, look.RbacDigest, look.WorkloadsDigest, look.AuditedWith) = (number, digests.Rbac, digests.Workloads, digests.AuditedWith);
        Looked(look, read, began);
        await db.CommitAsync(cancellation);
        return Kept.Snapshot;
    }

    private static void Looked(RbacLook look, RbacReading read, DateTimeOffset began)
    {
        (look.LookedAt, look.Failure) = (began, "");
        if (read.Served is not null) look.WorkloadsAt = began;
    }

    private static async Task<(int Added, int Changed, int Removed)> SaveObjectsAsync(PortalDbContext db, ClusterId cluster, int number, List<string> lookedAt, List<Item> items, CancellationToken cancellation)
    {
        var standing = await db.RbacObjects.AsNoTracking().Where(v => v.ClusterId == cluster && v.Until == null && lookedAt.Contains(v.Kind))
            .Select(v => new { v.Id, v.Key, v.Digest, v.Uid }).ToDictionaryAsync(v => Convert.ToHexString(v.Key), cancellation);
        var (over, fresh, changed) = (new List<long>(), new List<Item>(), 0);
        foreach (var item in items)
        {
            if (!standing.Remove(item.Place, out var was))
            {
                fresh.Add(item);
            }
            else if (was.Uid != item.Found.Uid || !was.Digest.AsSpan().SequenceEqual(item.Digest))
            {
                over.Add(was.Id);
                fresh.Add(item);
                changed++;
            }
        }
        over.AddRange(standing.Values.Select(was => was.Id));
        await db.Database.ExecuteSqlAsync($"UPDATE rbac_objects SET until = {number} WHERE id = ANY({over.ToArray()})", cancellation);
        await InsertContentsAsync(db, [.. fresh.Select(item => (item.Digest, item.Json))], cancellation);
        foreach (var part in fresh.Chunk(2000))
        {
            await db.Database.ExecuteSqlAsync($"""
                INSERT INTO rbac_objects (cluster_id, kind, key, uid, created_at, digest, since)
                SELECT {cluster.Value}, one.kind, one.key, one.uid, one.created_at, one.digest, {number}
                FROM unnest({part.Select(item => item.Found.Kind).ToArray()}, {part.Select(item => item.Key).ToArray()}, {part.Select(item => item.Found.Uid).ToArray()}, {part.Select(item => item.Found.Created).ToArray()}, {part.Select(item => item.Digest).ToArray()})
                    AS one (kind, key, uid, created_at, digest)
                """, cancellation);
        }
        return (fresh.Count - changed, changed, standing.Count);
    }

    // In the order of digests, so that two clusters whose contents are alike never wait for each other in a circle.
    private static async Task InsertContentsAsync(PortalDbContext db, IReadOnlyCollection<(byte[] Digest, string Json)> contents, CancellationToken cancellation)
    {
        foreach (var part in contents.DistinctBy(content => Convert.ToHexString(content.Digest)).OrderBy(content => Convert.ToHexString(content.Digest), StringComparer.Ordinal).Chunk(500))
        {
            await db.Database.ExecuteSqlAsync($"""
                INSERT INTO rbac_contents (digest, json)
                SELECT * FROM unnest({part.Select(content => content.Digest).ToArray()}, {part.Select(content => content.Json).ToArray()})
                ON CONFLICT DO NOTHING
                """, cancellation);
        }
    }

    // Whoever accepts one locks it too.
    private static async Task<List<KeptFinding>> FollowFindingsAsync(PortalDbContext db, ClusterId cluster, AuditResult audit, DateTimeOffset takenAt, RbacSnapshot? before, CancellationToken cancellation)
    {
        var known = await db.RbacFindings.FromSql($"SELECT *, xmin FROM rbac_findings WHERE cluster_id = {cluster.Value} ORDER BY fingerprint FOR UPDATE").ToDictionaryAsync(f => f.Fingerprint, StringComparer.Ordinal, cancellation);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var finding in audit.Findings)
        {
            if (!found.Add(finding.Fingerprint)) continue;
            if (known.TryGetValue(finding.Fingerprint, out var kept)) kept.Seen(finding, takenAt);
            else db.RbacFindings.Add(known[finding.Fingerprint] = KeptFinding.New(cluster, finding, takenAt));
        }
        // What is said of no check in particular, such as that other authorizers may allow more, keeps nothing open: a part that could not
        // be read is said of each check that needs it.
        var open = audit.NotEvaluated.Select(one => one.Check).Where(check => check.Length > 0).ToHashSet(StringComparer.Ordinal);
        foreach (var kept in known.Values.Where(kept => kept.GoneAt is null && !found.Contains(kept.Fingerprint)))
        {
            if (open.Contains(kept.CheckId)) kept.NotEvaluated(before?.Number ?? 0, takenAt);
            else kept.Gone(before?.Number ?? 0, takenAt);
        }
        return [.. known.Values.Where(kept => kept.GoneAt is null)];
    }

    private static RbacState StateOf(RbacReading read, RbacStateAt? before)
    {
        if (read.Served is { } served) return RbacStates.Of(read.Objects, served, read.Gaps);
        IEnumerable<Gap> gaps = before is null
            ? [new(RbacKind.WorkloadsPart, "Workloads were not read yet.")]
            : before.State.Gaps.Where(gap => WorkloadParts.Contains(gap.What));
        return RbacStates.Of(read.Objects.Concat(before?.State.Workloads ?? []), before?.State.Served ?? [], read.Gaps.Concat(gaps));
    }

    private static string Digest(IEnumerable<Item> items, RbacReading read, bool workloads)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var item in items.OrderBy(item => item.Place, StringComparer.Ordinal))
        {
            hash.AppendData(item.Key);
            hash.AppendData(item.Digest);
            hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(item.Found.Uid)));
        }
        foreach (var gap in read.Gaps.Where(gap => WorkloadParts.Contains(gap.What) == workloads)) hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes($"{gap.What}\n{gap.Why}")));
        foreach (var kind in read.UnreadKinds.Where(kind => WorkloadKinds.Contains(kind) == workloads).Order(StringComparer.Ordinal)) hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(kind)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class Item
    {
        public Item(RbacObject found)
        {
            Found = found;
            Key = RbacObjectVersion.KeyOf(found.Kind, found.Namespace, found.Name);
            Place = Convert.ToHexString(Key);
            Json = RbacObjectJson.Write(found);
            Digest = SHA256.HashData(Encoding.UTF8.GetBytes(Json));
        }

        public RbacObject Found { get; }

        public byte[] Key { get; }

        public string Place { get; }

        public string Json { get; }

        public byte[] Digest { get; }

        public bool IsWorkload => Found is WorkloadObject;
    }
}

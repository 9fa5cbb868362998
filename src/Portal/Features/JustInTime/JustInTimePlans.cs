using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>
/// Turns what an admin wants into the change that is reviewed: the bindings as the cluster has them at this moment, the entry, and who
/// would be left without a way to ask. What the page showed before counts for nothing.
/// </summary>
public sealed class JustInTimePlans(RbacIndexes indexes, ClusterChecks checks, SecondAdmins seconds, ClusterNames names)
{
    // More than any portal has people; beyond, who is who is not said rather than said slowly.
    private const int MostPeople = 20_000;

    private static readonly Refusal NotRead = new("NotRead", "This cluster's RBAC has not been read yet, so nobody knows who would lose what. Wait for the first look.");
    private static readonly Refusal BindingUnknown = new("BindingUnknown", "This address names no binding. Choose one on the page of a finding or of a subject.", "/rbac");

    /// <summary>The bindings as the cluster has them now.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="references">The bindings, as the audit calls them.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public async Task<Outcome<IReadOnlyList<ReviewedBinding>>> ReadAsync(Cluster cluster, IReadOnlyList<string> references, CancellationToken cancellation)
    {
        var wanted = references.Distinct(StringComparer.Ordinal).Select(ReviewedBinding.ReadReference).ToList();
        if (wanted.Count == 0 || wanted.Contains(null)) return BindingUnknown;
        return await checks.ReadStandingAsync(cluster, [.. wanted.Select(one => one!.Value)], cancellation);
    }

    /// <summary>The newest state of the cluster, and when it was read.</summary>
    public async Task<Outcome<RbacIndexAt>> StateAsync(ClusterId cluster, CancellationToken cancellation) => await indexes.NewestAsync(cluster, cancellation) is { } read ? read : NotRead;

    /// <summary>Everybody who signed in and is not shut out, as the cluster knows them by their newest sign-in.</summary>
    public async Task<IReadOnlyList<KnownPerson>> PeopleAsync(PortalDbContext db, Cluster cluster, CancellationToken cancellation)
    {
        var rows = await db.People.AsNoTracking().Where(p => p.DisabledAt == null).OrderBy(p => p.Id).Take(MostPeople)
            .Select(p => new { p.Id, p.Name, p.Groups, Session = db.SignInSessions.Where(s => s.PersonId == p.Id).OrderByDescending(s => s.StartedAt).FirstOrDefault() })
            .ToListAsync(cancellation);
        return [.. rows.Select(row => new KnownPerson(row.Id, row.Name, ClusterNames.UserName(cluster, row.Session), names.Groups(cluster, row.Groups), row.Groups))];
    }

    /// <summary>Who loses what under a workflow.</summary>
    public JustInTimePreview Preview(Cluster cluster, RbacIndex state, IReadOnlyList<ReviewedBinding> bindings, WorkflowVersion workflow, IReadOnlyList<KnownPerson> people, PersonId? proposer = null) =>
        JustInTimePreview.Of(state, bindings, workflow, people, names.GroupsPrefix(cluster), proposer);

    /// <summary>Who loses what by a change that waits, as the cluster and its people are now; <see langword="null"/> where that is not known.</summary>
    public async Task<JustInTimePreview?> PreviewAsync(PortalDbContext db, Cluster cluster, ConfigurationChange change, JustInTimeChange said, CancellationToken cancellation)
    {
        var state = await StateAsync(cluster.Id, cancellation);
        var workflow = (await WorkflowsAsync(db, cancellation)).Find(one => one.WorkflowId == said.Entry.WorkflowId);
        if (!state.Succeeded || workflow is null) return null;
        return Preview(cluster, state.Value.Index, said.Bindings, workflow, await PeopleAsync(db, cluster, cancellation), said.MakesEntry ? change.AuthorId : null);
    }

    /// <summary>The entries in force on a cluster.</summary>
    public static Task<List<ElevatedRoleVersion>> EntriesAsync(PortalDbContext db, ClusterId cluster, CancellationToken cancellation) => db.ElevatedRoles.Where(r => r.RetiredAt == null)
        .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
        .Where(v => v.ClusterId == cluster).AsNoTracking().ToListAsync(cancellation);

    /// <summary>The workflows in force.</summary>
    public static Task<List<WorkflowVersion>> WorkflowsAsync(PortalDbContext db, CancellationToken cancellation) => db.Workflows
        .Join(db.WorkflowVersions, w => new { w.Id, Version = w.CurrentVersion }, v => new { Id = v.WorkflowId, v.Version }, (_, v) => v)
        .OrderBy(v => v.Title).AsNoTracking().ToListAsync(cancellation);

    /// <summary>Writes the change down; everything is read and checked anew.</summary>
    public async Task<Outcome<ConfigurationChange>> DraftAsync(PortalDbContext db, JustInTimeForm form, PersonId admin, DateTimeOffset now, CancellationToken cancellation)
    {
        var cluster = !AuditReading.IsWritable(form.Cluster) ? null : await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == form.Cluster && c.RetiredAt == null, cancellation);
        if (cluster is null) return new Refusal("ClusterUnknown", "There is no such cluster.");
        var read = await ReadAsync(cluster, form.Bindings, cancellation);
        if (!read.Succeeded) return read.Refusal!;
        var bindings = read.Value;
        if (await CheckFreeAsync(db, cluster.Id, bindings, null, cancellation) is { } taken) return taken;

        var entry = form.Existing is { } existing ? await ExistingAsync(db, existing, bindings, cancellation) : New(form, cluster, bindings, now);
        if (!entry.Succeeded) return entry.Refusal!;
        var workflow = await db.WorkflowVersions.AsNoTracking().SingleOrDefaultAsync(v => v.WorkflowId == entry.Value.WorkflowId && db.Workflows.Any(w => w.Id == v.WorkflowId && w.CurrentVersion == v.Version), cancellation);
        if (workflow is null) return new Refusal("WorkflowUnknown", "Choose a workflow.");
        if (await checks.CheckEntryAsync(cluster, entry.Value, cancellation) is { } unbindable) return unbindable;

        var state = await StateAsync(cluster.Id, cancellation);
        if (!state.Succeeded) return state.Refusal!;
        var preview = Preview(cluster, state.Value.Index, bindings, workflow, await PeopleAsync(db, cluster, cancellation));
        if (CheckAccepted(preview.LockedOut, form.Accepted) is { } lockedOut) return lockedOut;

        var change = new JustInTimeChange(cluster.Id, entry.Value, form.Existing is null, bindings, preview.LockedOut);
        return ConfigurationChange.Draft(
            ChangeKind.JustInTime, entry.Value.ElevatedRoleId.Value, $"Make {entry.Value.Title} just-in-time", null, change.Canonical(), null,
            await seconds.ExistAsync(db, admin, cancellation), admin, now);
    }

    /// <summary>Why a change that waited cannot come into force as it was reviewed; <see langword="null"/> if it can.</summary>
    public async Task<Refusal?> CheckStillAsync(PortalDbContext db, ConfigurationChange change, CancellationToken cancellation)
    {
        var said = JustInTimeChange.FromCanonical(change.After);
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Id == said.ClusterId && c.RetiredAt == null, cancellation);
        if (cluster is null) return null;
        var now = await checks.ReadStandingAsync(cluster, [.. said.Bindings.Select(one => (one.Binding.Namespace, one.Binding.Name))], cancellation);
        if (!now.Succeeded) return now.Refusal;
        foreach (var (was, isNow) in said.Bindings.Zip(now.Value))
            if (was.Binding.Uid != isNow.Binding.Uid || was.Digest != isNow.Digest)
                return new("BindingMoved", $"{was.Reference} is not as it was when this was proposed. Withdraw the change and propose it anew; nothing was done.", JustInTimeWords.Address(change.Id));
        return await checks.CheckEntryAsync(cluster, said.Entry, cancellation);
    }

    /// <summary>Why these bindings are not free for a change: another one takes them away already.</summary>
    /// <param name="db">A context.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="bindings">The bindings.</param>
    /// <param name="own">The change itself, if it is one that waits.</param>
    /// <param name="cancellation">Stops the reading.</param>
    internal static async Task<Refusal?> CheckFreeAsync(PortalDbContext db, ClusterId cluster, IReadOnlyList<ReviewedBinding> bindings, ConfigurationChangeId? own, CancellationToken cancellation)
    {
        var uids = bindings.Select(one => one.Binding.Uid).ToList();
        var open = await db.StandingRemovals.AsNoTracking()
            .FirstOrDefaultAsync(r => r.ClusterId == cluster && uids.Contains(r.Uid) && (r.Status == RemovalStatus.Waiting || r.Status == RemovalStatus.Removing), cancellation);
        if (open is not null) return new("RemovedAlready", $"{open.Reference} is being removed already, by a change that is in force.", JustInTimeWords.Address(open.ChangeId));
        // Confirming one while another waits is fine: the other one finds it gone.
        if (own is not null) return null;
        var waiting = await db.ConfigurationChanges.AsNoTracking().Where(c => c.Kind == ChangeKind.JustInTime && c.Status == ChangeStatus.AwaitingSecondAdmin).ToListAsync(cancellation);
        return waiting.Find(change => JustInTimeChange.FromCanonical(change.After) is var said && said.ClusterId == cluster && said.Bindings.Any(one => uids.Contains(one.Binding.Uid, StringComparer.Ordinal))) is { } other
            ? new("WaitsAlready", "A change that takes this binding away waits for a second admin already.", JustInTimeWords.Address(other.Id))
            : null;
    }

    private static Outcome<ElevatedRoleVersion> New(JustInTimeForm form, Cluster cluster, IReadOnlyList<ReviewedBinding> bindings, DateTimeOffset now)
    {
        var entry = new ElevatedRoleVersion
        {
            ElevatedRoleId = UuidId.New<ElevatedRoleId>(now),
            Version = 1,
            Title = form.Title.Trim(),
            Description = form.Description.Trim(),
            ClusterId = cluster.Id,
            Environment = cluster.Environment,
            RoleKind = bindings[0].Role!.Kind,
            RoleName = bindings[0].Role!.Name,
            Namespaces = [.. bindings.Select(one => one.Binding.Namespace).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Maximum = form.Maximum,
            Default = form.Default,
            WorkflowId = form.WorkflowId,
            ConfirmAfterStepUp = form.ConfirmAfterStepUp,
            Attestation = new(null, null),
            MadeAt = now,
        };
        return ElevatedRoleRules.Check(entry) is { } wrong ? wrong : entry;
    }

    private static async Task<Outcome<ElevatedRoleVersion>> ExistingAsync(PortalDbContext db, ElevatedRoleId id, IReadOnlyList<ReviewedBinding> bindings, CancellationToken cancellation)
    {
        var entry = await db.ElevatedRoles.Where(r => r.Id == id && r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v).AsNoTracking().SingleOrDefaultAsync(cancellation);
        string[] places = [.. bindings.Select(one => one.Binding.Namespace).OfType<string>().Distinct(StringComparer.Ordinal)];
        return entry is not null && JustInTimeProposal.Covers(entry, bindings[0].Role!, places) ? entry : ProposeChange.Moved;
    }

    // Typed by name, so that nobody accepts more than they read.
    private static Refusal? CheckAccepted(IReadOnlyList<string> lockedOut, string typed)
    {
        if (lockedOut.Count == 0) return null;
        var accepted = typed.Split(JustInTimeWords.Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
        return accepted.SetEquals(lockedOut) ? null
            : new("LockedOut", $"These would lose the access and have no way to ask for it: {string.Join(", ", lockedOut)}. Choose another workflow; or, if that is what you want, type exactly these names.");
    }
}

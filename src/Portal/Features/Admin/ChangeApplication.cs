using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Puts a proved change in force, in the transaction of its last step-up. What it says was digested into that step-up.</summary>
public sealed class ChangeApplication(Sealer sealer, ClusterChecks checks, TimeProvider clock)
{
    /// <summary>Applies it; a refusal rolls everything back.</summary>
    /// <param name="db">A context with a transaction; the caller commits.</param>
    /// <param name="change">The change, which keeps no secret any more.</param>
    /// <param name="secret">The secret that it had, sealed.</param>
    /// <param name="proof">The last step-up.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Refusal?> ApplyAsync(PortalDbContext db, ConfigurationChange change, byte[]? secret, StepUpProof proof, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var after = CanonicalJson.Parse(change.After)!.AsObject();
        var refusal = change.Kind switch
        {
            ChangeKind.ElevatedRole => await EntryAsync(db, change, after, now, cancellation),
            ChangeKind.RetireElevatedRole => await RetireEntryAsync(db, change, after, now, cancellation),
            ChangeKind.Workflow => await WorkflowAsync(db, change, after, now, cancellation),
            ChangeKind.Cluster => await ClusterAsync(db, change, after, secret, proof, cancellation),
            ChangeKind.RetireCluster => await RetireClusterAsync(db, change, after, now, cancellation),
            ChangeKind.JustInTime => await JustInTimeAsync(db, change, after, now, cancellation),
        };
        if (refusal is not null) return refusal;
        db.Record(now, LedgerActor.Of(proof.PersonId), LedgerActs.ChangeApplied, LedgerSubject.Of(change.Id), ChangeRows.Facts(change, proof));
        return null;
    }

    private static async Task<Refusal?> EntryAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, DateTimeOffset now, CancellationToken cancellation)
    {
        var version = ElevatedRoleVersion.FromCanonical(after, Attestation.ByChange(change.Id), change.AuthorId, now);
        var role = await db.LockAsync(version.ElevatedRoleId, cancellation);
        if ((role?.CurrentVersion ?? 0) + 1 != version.Version) return ProposeChange.Moved;
        // It may have waited for a second admin; nothing is offered where Lapse does not go any more.
        if (!await db.Clusters.AnyAsync(c => c.Id == version.ClusterId && c.RetiredAt == null, cancellation)) return new("ClusterGone", "This cluster has been taken out of use meanwhile. Nothing was saved.");
        if (role is null) db.ElevatedRoles.Add(ElevatedRole.Create(version.ElevatedRoleId, await FreeNameAsync(version.Title, name => db.ElevatedRoles.AnyAsync(r => r.Name == name, cancellation))));
        else
        {
            role.NextVersion();
            role.Restore();
        }
        db.ElevatedRoleVersions.Add(version);
        return null;
    }

    // The entry is offered and the removals are written down at once; the removals are done after the commit, each only while the entry is offered.
    private static async Task<Refusal?> JustInTimeAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, DateTimeOffset now, CancellationToken cancellation)
    {
        var said = JustInTimeChange.FromCanonical(change.After);
        // Somebody may take the same binding away by another change.
        if (await JustInTimePlans.CheckFreeAsync(db, said.ClusterId, said.Bindings, change.Id, cancellation) is { } taken) return taken;
        if (said.MakesEntry)
        {
            if (await EntryAsync(db, change, after["entry"]!.AsObject(), now, cancellation) is { } refusal) return refusal;
        }
        else
        {
            var role = await db.LockAsync(said.Entry.ElevatedRoleId, cancellation);
            var current = role is null ? null : await db.ElevatedRoleVersions.AsNoTracking().SingleAsync(v => v.ElevatedRoleId == role.Id && v.Version == role.CurrentVersion, cancellation);
            if (role is not { RetiredAt: null } || !current!.Digest().AsSpan().SequenceEqual(said.Entry.Digest())) return ProposeChange.Moved;
            if (!await db.Clusters.AnyAsync(c => c.Id == said.ClusterId && c.RetiredAt == null, cancellation)) return new("ClusterGone", "This cluster has been taken out of use meanwhile. Nothing was saved.");
        }
        db.StandingRemovals.AddRange(StandingRemoval.Of(change.Id, said, now));
        return null;
    }

    private static async Task<Refusal?> RetireEntryAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, DateTimeOffset now, CancellationToken cancellation)
    {
        var role = (await db.LockAsync(ElevatedRoleId.From(change.SubjectId), cancellation))!;
        if (role.RetiredAt is not null || role.CurrentVersion != after["version"]!.GetValue<int>()) return ProposeChange.Moved;
        role.Retire(now);
        return null;
    }

    private static async Task<Refusal?> WorkflowAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, DateTimeOffset now, CancellationToken cancellation)
    {
        var version = WorkflowVersion.FromCanonical(after, Attestation.ByChange(change.Id), change.AuthorId, now);
        var workflow = await db.LockAsync(version.WorkflowId, cancellation);
        if ((workflow?.CurrentVersion ?? 0) + 1 != version.Version) return ProposeChange.Moved;
        if (workflow is null) db.Workflows.Add(Workflow.Create(version.WorkflowId, await FreeNameAsync(version.Title, name => db.Workflows.AnyAsync(w => w.Name == name, cancellation))));
        else workflow.NextVersion();
        db.WorkflowVersions.Add(version);
        return null;
    }

    private async Task<Refusal?> ClusterAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, byte[]? secret, StepUpProof proof, CancellationToken cancellation)
    {
        var settings = ClusterSettings.FromCanonical(after);
        var id = ClusterId.From(change.SubjectId);
        var cluster = await db.LockAsync(id, cancellation);
        if (!string.Equals(cluster is null ? null : CanonicalJson.ToText(cluster.Canonical()), change.Before, StringComparison.Ordinal)) return ProposeChange.Moved;
        var address = AddressOf(cluster, settings, after, secret);
        if (!address.Succeeded) return address.Refusal;
        // The only call to a cluster inside a transaction: the token to try it with exists only now, and only an admin's row waits for it.
        if (sealer.Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken) is not { } token) return new("SecretLost", "The proof's token cannot be opened. Nothing was saved; confirm again.");
        if (await checks.CheckKeptTokenAsync(address.Value, Encoding.UTF8.GetString(token), cancellation) is { } refusal) return refusal;

        if (cluster is null) db.Clusters.Add(cluster = Cluster.Register(id, settings));
        else cluster.Change(settings);
        cluster.Seal(address.Value.Credential, sealer);
        return null;
    }

    // A change that leaves the credential as it is has none of its own: the one in the row may have been renewed since.
    private Outcome<ClusterAddress> AddressOf(Cluster? cluster, ClusterSettings settings, JsonObject after, byte[]? secret)
    {
        if (secret is null && cluster is not null)
            return (cluster.Server, cluster.CertificateAuthority, cluster.CredentialKind) == (settings.Server, settings.CertificateAuthority, settings.CredentialKind) ? cluster.Open(sealer) : SecretLost;
        return secret is not null && sealer.Open(SealPurposes.ChangeSecret(CanonicalJson.Digest(after)), secret) is { } opened
            ? ClusterAddress.From(settings.Server, settings.CertificateAuthority, SealedCredential.Read(opened))
            : SecretLost;
    }

    private static readonly Refusal SecretLost = new("SecretLost", "The credential of this change cannot be opened any more. Nothing was saved; register the cluster again.");

    private static async Task<Refusal?> RetireClusterAsync(PortalDbContext db, ConfigurationChange change, JsonObject after, DateTimeOffset now, CancellationToken cancellation)
    {
        var cluster = (await db.LockAsync(ClusterId.From(change.SubjectId), cancellation))!;
        if (cluster.RetiredAt is not null || cluster.Version != after["version"]!.GetValue<int>()) return ProposeChange.Moved;
        // Somebody may have been given access since it was proposed.
        if (await ProposeChange.CheckUnusedAsync(db, cluster, cancellation) is { } inUse) return inUse;
        cluster.Retire(now);
        return null;
    }

    /// <summary>The name that a title gives to an entry or workflow, if it is still free.</summary>
    internal static string NameOf(string title)
    {
        var slug = new string([.. title.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').Take(50)]).Trim('-');
        return slug.Length == 0 ? "entry" : slug;
    }

    private static async Task<string> FreeNameAsync(string title, Func<string, Task<bool>> taken)
    {
        var slug = NameOf(title);
        for (var (name, number) = (slug, 2); ; name = $"{slug}-{number++}")
            if (!await taken(name)) return name;
    }
}

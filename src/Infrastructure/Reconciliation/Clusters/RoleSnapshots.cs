using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Keeps what clusters last said about roles.</summary>
internal sealed class RoleSnapshots(IDbContextFactory<PortalDbContext> contexts, TimeProvider clock)
{
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(5);

    /// <summary>Keeps the rules, if they changed or were not confirmed for a while.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="kind">The kind of role.</param>
    /// <param name="name">Its name.</param>
    /// <param name="namespaceName">The namespace of a Role.</param>
    /// <param name="rules">The rules; <see langword="null"/> when the cluster has no such role.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task KeepAsync(ClusterId cluster, RoleKind kind, string name, string? namespaceName, RoleRules? rules, CancellationToken cancellation)
    {
        var (place, now, text) = (kind == RoleKind.Role ? namespaceName ?? "" : "", clock.GetUtcNow(), rules?.ToCanonicalJson());
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var kept = await db.RoleSnapshots.SingleOrDefaultAsync(s => s.ClusterId == cluster && s.RoleKind == kind && s.RoleName == name && s.Namespace == place, cancellation);
        if (kept is { ReadAt: { } readAt } && kept.Rules == text && now - readAt < Renewal) return;
        if (kept is null) db.RoleSnapshots.Add(kept = new RoleSnapshot { ClusterId = cluster, RoleKind = kind, RoleName = name, Namespace = place });
        (kept.Rules, kept.ReadAt) = (text, now);
        try
        {
            await db.CommitAsync(cancellation);
        }
        catch (DbUpdateException raced) when (raced.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another replica wrote the same.
        }
    }
}

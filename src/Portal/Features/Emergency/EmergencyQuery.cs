using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Emergency;

/// <summary>Asks for what an emergency could end.</summary>
public sealed record EmergencyAsk;

/// <summary>What an emergency could end.</summary>
/// <param name="Live">How much access is live or scheduled.</param>
/// <param name="Ending">How much is being taken away at the moment.</param>
/// <param name="People">Those who hold some, by name.</param>
/// <param name="Clusters">The clusters with some, by title.</param>
/// <param name="IsHeld">Whether Lapse is on hold.</param>
public sealed record EmergencyView(int Live, int Ending, IReadOnlyList<EmergencyChoice> People, IReadOnlyList<EmergencyChoice> Clusters, bool IsHeld);

/// <summary>Somebody or something whose access could be ended.</summary>
/// <param name="Id">The person's or cluster's id.</param>
/// <param name="Name">In words.</param>
/// <param name="Count">How much access is live or scheduled there.</param>
public sealed record EmergencyChoice(Guid Id, string Name, int Count);

/// <summary>What there is to end, for admins.</summary>
public sealed class EmergencyQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, HoldCheck holds) : IPageQuery<EmergencyAsk, EmergencyView>
{
    private static readonly GrantStatus[] Live = [GrantStatus.Scheduled, GrantStatus.Provisioning, GrantStatus.Active];

    /// <inheritdoc/>
    public async Task<Outcome<EmergencyView>> AskAsync(Actor actor, EmergencyAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var grants = db.Grants.AsNoTracking().Where(g => Live.Contains(g.Status));
        var people = await grants.GroupBy(g => g.PersonId).Select(g => new { Id = g.Key, Count = g.Count() })
            .Join(db.People, g => g.Id, p => p.Id, (g, p) => new { p.Id, p.Name, p.UserName, g.Count }).OrderBy(p => p.Name).ThenBy(p => p.Id).Take(AdminReading.Most).ToListAsync(cancellation);
        var clusters = await grants.GroupBy(g => g.ClusterId).Select(g => new { Id = g.Key, Count = g.Count() })
            .Join(db.Clusters, g => g.Id, c => c.Id, (g, c) => new { c.Id, c.Title, g.Count }).OrderBy(c => c.Title).ThenBy(c => c.Id).Take(AdminReading.Most).ToListAsync(cancellation);
        return new EmergencyView(
            await grants.CountAsync(cancellation),
            await db.Grants.CountAsync(g => g.Status == GrantStatus.Revoking, cancellation),
            [.. people.Select(p => new EmergencyChoice(p.Id.Value, $"{p.Name} ({p.UserName})", p.Count))],
            [.. clusters.Select(c => new EmergencyChoice(c.Id.Value, c.Title, c.Count))],
            await holds.FindAsync(cancellation) is not null);
    }
}

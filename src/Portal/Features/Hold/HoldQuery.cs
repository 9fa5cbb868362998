using Lapse.Domain;
using Lapse.Domain.Holds;
using Lapse.Infrastructure.Holds;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Hold;

/// <summary>Asks for the holds that are open.</summary>
public sealed record HoldAsk;

/// <summary>The holds that are open; none if Lapse starts access.</summary>
/// <param name="Open">The oldest first.</param>
/// <param name="MayEnd">Whether whoever looks may end them.</param>
public sealed record HoldView(IReadOnlyList<OpenHold> Open, bool MayEnd);

/// <summary>One hold that is open.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Cause">Why, for code.</param>
/// <param name="Why">Why, in words.</param>
/// <param name="Since">Since when.</param>
/// <param name="By">By whom; Lapse itself has no user name.</param>
/// <param name="ByUserName">The user name of whoever began it.</param>
/// <param name="Note">What is odd about its records; <see langword="null"/> if nothing is.</param>
public sealed record OpenHold(HoldId Id, HoldCause Cause, string Why, DateTimeOffset Since, string By, string? ByUserName, string? Note);

/// <summary>Whether Lapse is on hold, and why: for everybody who is signed in, on every page.</summary>
public sealed class HoldQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, HoldCheck holds) : IPageQuery<HoldAsk, HoldView>
{
    /// <inheritdoc/>
    public async Task<Outcome<HoldView>> AskAsync(Actor actor, HoldAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var open = (await holds.ReadAsync(db, cancellation)).Where(h => h.IsOpen).ToList();
        var names = await db.NamesAsync(open.Select(h => h.Hold.BegunBy), cancellation);
        return new HoldView([.. open.Select(h => Of(h, names))], current.Value.IsAdmin);
    }

    private static OpenHold Of(CheckedHold open, Dictionary<string, (string Name, string UserName)> names)
    {
        var (hold, known) = (open.Hold, names.TryGetValue(open.Hold.BegunBy, out var person));
        return new(hold.Id, hold.Cause, hold.Why, hold.BegunAt, known ? person.Name : "Lapse", known ? person.UserName : null, open.Refusal?.Message);
    }
}

using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.People;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.People;

/// <summary>An admin shuts somebody out, and everything that they have through Lapse ends. It takes access away, so it never waits for a step-up.</summary>
[UseCase]
public sealed class DisablePerson(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock)
{
    /// <summary>The longest reason, in characters.</summary>
    public const int LongestReason = 500;

    /// <summary>There is no such person.</summary>
    internal static readonly Refusal Unknown = new("PersonUnknown", "There is no such person.", "/admin/people");

    private static readonly Refusal Own = new("OwnAccount", "You cannot disable your own account, so that nobody locks everybody out. Another admin can.");

    /// <summary>Shuts the person out.</summary>
    /// <param name="actor">The admin.</param>
    /// <param name="id">The person.</param>
    /// <param name="why">Why, for other admins; may be empty.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    /// <returns>What ended; nothing where the person was disabled already.</returns>
    public async Task<Outcome<ShutOutCounts>> DisableAsync(Actor actor, PersonId id, string why, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (why.Length > LongestReason || !PlainText.IsText(why)) return new Refusal("ReasonTooLong", "Keep the reason within 500 plain characters.");
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return ProposeChange.NotAnAdmin;
        var person = await db.LockAsync(id, cancellation);
        if (person is null) return Unknown;
        if (person.Id == current.Value.Id) return Own;
        if (person.IsDisabled) return new ShutOutCounts(0, 0, 0, 0);

        person.Disable(current.Value.Id, why.Trim(), now);
        var ended = await db.EndEverythingOfAsync(person.Id, current.Value.Id, now, cancellation);
        var facts = ended.ToJson();
        facts["why"] = person.DisabledWhy;
        db.Record(now, LedgerActor.Of(current.Value.Id), LedgerActs.PersonDisabled, LedgerSubject.Of(person.Id), facts);
        await db.CommitAsync(cancellation);
        return ended;
    }
}

using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Authentication;

/// <summary>Somebody who is signed in, as the records have them at this moment.</summary>
/// <param name="Person">The person; enabled.</param>
/// <param name="Session">The sign-in; not ended, not too old.</param>
/// <param name="IsAdmin">Whether that sign-in's groups make an admin.</param>
/// <param name="IsAuditor">Whether that sign-in's groups make an auditor.</param>
public sealed record CurrentPerson(Person Person, SignInSession Session, bool IsAdmin, bool IsAuditor)
{
    /// <summary>The person's id.</summary>
    public PersonId Id => Person.Id;

    /// <summary>Whether this person may read everything.</summary>
    public bool SeesEverything => IsAdmin || IsAuditor;
}

/// <summary>Turns an <see cref="Actor"/> into a person, at the start of each use case and query.</summary>
public sealed class ActorGuard(TimeProvider clock, PortalGroups groups, SignInLifetime lifetime)
{
    /// <summary>The person is shut out.</summary>
    internal static readonly Refusal Disabled = new("Disabled", "An admin has shut this account out of Lapse.");

    private static readonly Refusal SignInAgain = new("SignInAgain", "Your sign-in has ended. Nothing was lost; sign in again.", "/sign-in");

    /// <summary>Reads the person and the session; refuses whoever is disabled or whose sign-in has ended or is too old.</summary>
    public async Task<Outcome<CurrentPerson>> FindAsync(PortalDbContext db, Actor actor, CancellationToken cancellation)
    {
        var session = await db.SignInSessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == actor.SessionId, cancellation);
        if (session is null || session.PersonId != actor.PersonId || session.EndedAt is not null || session.StartedAt + lifetime.Value <= clock.GetUtcNow())
            return SignInAgain;
        var person = await db.People.AsNoTracking().SingleAsync(p => p.Id == actor.PersonId, cancellation);
        if (person.IsDisabled) return Disabled;
        return new CurrentPerson(person, session, groups.IsAdmin(session.Groups), groups.IsAuditor(session.Groups));
    }
}

/// <summary>How long a sign-in is believed.</summary>
/// <param name="Value">From the sign-in on.</param>
public sealed record SignInLifetime(TimeSpan Value);

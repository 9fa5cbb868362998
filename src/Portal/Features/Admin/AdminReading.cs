using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.Admin;

/// <summary>Who may read the admin's pages, decided in one place.</summary>
internal static class AdminReading
{
    /// <summary>The most that one reading of a list brings.</summary>
    public const int Most = 200;

    private static readonly Refusal NotForYou = new("NotAnAdmin", "This page is for admins. If you should be one, ask an administrator of Lapse to add you to the group, then sign out and in again.", "/");

    /// <summary>The admin who looks; refuses everybody else.</summary>
    public static async Task<Outcome<CurrentPerson>> FindAdminAsync(this ActorGuard guard, PortalDbContext db, Actor actor, CancellationToken cancellation)
    {
        var current = await guard.FindAsync(db, actor, cancellation);
        return current is { Succeeded: true, Value.IsAdmin: false } ? NotForYou : current;
    }
}

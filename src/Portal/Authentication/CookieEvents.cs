using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Authentication;

/// <summary>Asks the records at each request whether the cookie's sign-in still counts.</summary>
internal sealed class CookieEvents(ActorGuard guard, IDbContextFactory<PortalDbContext> database) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var cancellation = context.HttpContext.RequestAborted;
        if (Actor.From(context.Principal) is { } actor)
        {
            await using var db = await database.CreateDbContextAsync(cancellation);
            if ((await guard.FindAsync(db, actor, cancellation)).Succeeded) return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(Schemes.Cookie);
    }
}

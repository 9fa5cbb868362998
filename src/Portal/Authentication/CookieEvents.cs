using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Authentication;

/// <summary>
/// Asks the records at each request whether the cookie's sign-in still counts. Static files are everybody's, so nobody is asked about for
/// them; while the database is away, whoever asks for what is open to all is nobody, and everything else fails.
/// </summary>
internal sealed class CookieEvents(ActorGuard guard, IDbContextFactory<PortalDbContext> database) : CookieAuthenticationEvents
{
    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var (cancellation, asked) = (context.HttpContext.RequestAborted, context.HttpContext.GetEndpoint()?.Metadata);
        if (asked?.GetMetadata<StaticAssetDescriptor>() is not null) return;
        if (Actor.From(context.Principal) is { } actor)
        {
            try
            {
                await using var db = await database.CreateDbContextAsync(cancellation);
                if ((await guard.FindAsync(db, actor, cancellation)).Succeeded) return;
            }
            catch (Exception away) when (DatabaseTrouble.Is(away) && asked?.GetMetadata<IAllowAnonymous>() is not null)
            {
                // The cookie stays: it may still count.
                context.RejectPrincipal();
                return;
            }
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(Schemes.Cookie);
    }
}

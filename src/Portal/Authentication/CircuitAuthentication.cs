using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Authentication;

/// <summary>
/// Asks the records at least each minute whether a circuit's sign-in still counts: a circuit sends no cookie, and would otherwise go on
/// after a sign-out elsewhere. When it does not, the circuit becomes anonymous and its router leaves for the sign-in with a page load.
/// A database that is away says nothing about a sign-in: the page stays, with what was typed on it, and is asked about again. Nothing
/// can be read or done from it meanwhile, since each query and act asks the same records.
/// </summary>
internal sealed class CircuitAuthentication(ILoggerFactory log, ActorGuard guard, IDbContextFactory<PortalDbContext> database, SignInCheck check)
    : RevalidatingServerAuthenticationStateProvider(log)
{
    protected override TimeSpan RevalidationInterval => check.Every;

    // Guard and factory are singletons and the context is made anew, so nothing of the circuit's scope is kept.
    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken)
    {
        if (Actor.From(authenticationState.User) is not { } actor) return false;
        try
        {
            await using var db = await database.CreateDbContextAsync(cancellationToken);
            return (await guard.FindAsync(db, actor, cancellationToken)).Succeeded;
        }
        catch (Exception away) when (DatabaseTrouble.Is(away))
        {
            return true;
        }
    }
}

/// <summary>How often an open page asks whether its sign-in still counts.</summary>
public sealed record SignInCheck(TimeSpan Every);

using System.Reflection;
using System.Security.Claims;
using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.StepUp;
using Lapse.Portal.Authentication;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Authentication;

/// <summary>What an open page asks each minute: whether its sign-in still counts.</summary>
public sealed class CircuitAuthenticationTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    [Fact]
    public async Task Circuit_OfASignInThatCounts_GoesOn()
    {
        var actor = await SignInAsync(Alice);

        Assert.True(await CountsAsync(actor));
        Clock.Advance(TimeSpan.FromHours(7));
        Assert.True(await CountsAsync(actor));
    }

    [Fact]
    public async Task Circuit_SignedOutElsewhere_EndsAndOthersGoOn()
    {
        var actor = await SignInAsync(Alice);
        using var other = new Browser(Portal.Address);
        var stays = await SignInAsync(other);

        using var signedOut = await Alice.PostAsync("/session/end", Cancellation);

        Assert.False(await CountsAsync(actor));
        Assert.True(await CountsAsync(stays));
    }

    [Fact]
    public async Task Circuit_OfADisabledPerson_Ends()
    {
        var actor = await SignInAsync(Alice);
        await Database.ExecuteAsOwnerAsync("UPDATE people SET disabled_at = now()", Cancellation);

        Assert.False(await CountsAsync(actor));
    }

    [Fact]
    public async Task Circuit_OfASignInThatIsTooOld_Ends()
    {
        var actor = await SignInAsync(Alice);
        Clock.Advance(TimeSpan.FromHours(8));

        Assert.False(await CountsAsync(actor));
    }

    [Fact]
    public async Task Circuit_OfSomebodyElsesSessionOrOfNobody_Ends()
    {
        var alice = await SignInAsync(Alice);
        Provider.Next = new() { Subject = "bob-sub", UserName = "bob" };
        using var browser = new Browser(Portal.Address);
        var bob = await SignInAsync(browser);

        Assert.False(await CountsAsync(new Actor(alice.PersonId, bob.SessionId)));
        Assert.False(await CountsAsync(new Actor(alice.PersonId, SignInSessionId.From(Guid.NewGuid()))));
        Assert.False(await CountsAsync(new ClaimsPrincipal(new ClaimsIdentity())));
    }

    [Fact]
    public async Task Circuit_WhileTheDatabaseIsAway_StaysAndIsAskedAboutAgain()
    {
        var actor = await SignInAsync(Alice);
        var signedIn = Principal(actor);

        Assert.True(await CountsAsync(signedIn, new Away()));
        // What is wrong without any question stays wrong.
        Assert.False(await CountsAsync(new ClaimsPrincipal(new ClaimsIdentity()), new Away()));
        await Database.ExecuteAsOwnerAsync("UPDATE people SET disabled_at = now()", Cancellation);
        Assert.False(await CountsAsync(signedIn));
        // A defect of our own is no reason to believe anybody.
        await Database.ExecuteAsOwnerAsync("ALTER TABLE sign_in_sessions RENAME TO elsewhere", Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => CountsAsync(signedIn));
    }

    [Fact]
    public async Task Circuit_AsItIsServed_IsAskedAboutAtLeastEachMinute()
    {
        await using var scope = Portal.Get<IServiceScopeFactory>().CreateAsyncScope();
        var circuit = scope.ServiceProvider.GetRequiredService<AuthenticationStateProvider>();

        var interval = circuit.GetType().GetProperty("RevalidationInterval", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(circuit);

        Assert.InRange(Assert.IsType<TimeSpan>(interval), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    private Task<bool> CountsAsync(Actor actor) => CountsAsync(Principal(actor));

    private static ClaimsPrincipal Principal(Actor actor) =>
        new(new ClaimsIdentity([new(Actor.PersonClaim, actor.PersonId.ToString()), new(Actor.SessionClaim, actor.SessionId.ToString())], Schemes.Cookie));

    // The base class calls this by a timer of its own; here it is called at once.
    private async Task<bool> CountsAsync(ClaimsPrincipal principal, Away? away = null)
    {
        await using var scope = Portal.Get<IServiceScopeFactory>().CreateAsyncScope();
        var circuit = Assert.IsType<RevalidatingServerAuthenticationStateProvider>(scope.ServiceProvider.GetRequiredService<AuthenticationStateProvider>(), exactMatch: false);
        if (away is not null) circuit = (RevalidatingServerAuthenticationStateProvider)ActivatorUtilities.CreateInstance(scope.ServiceProvider, circuit.GetType(), away);
        var validate = circuit.GetType().GetMethod("ValidateAuthenticationStateAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;
        return await (Task<bool>)validate.Invoke(circuit, [new AuthenticationState(principal), Cancellation])!;
    }

    /// <summary>A database that nobody listens for.</summary>
    private sealed class Away : IDbContextFactory<PortalDbContext>
    {
        private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");

        public PortalDbContext CreateDbContext() => new(TestDatabase.Options(_source));
    }
}

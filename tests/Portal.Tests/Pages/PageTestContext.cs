using Bunit;
using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lapse.Portal.Tests.Pages;

/// <summary>
/// The ground of a page's test: alice is signed in, the page's query answers what the test says, and the use cases behind the
/// buttons find a database that is down, so that a click shows what a failure shows.
/// </summary>
/// <typeparam name="TAsk">What the page asks.</typeparam>
/// <typeparam name="TView">What it shows.</typeparam>
public abstract class PageTestContext<TAsk, TView> : PortalTestContext
    where TAsk : class
    where TView : class
{
    protected PageTestContext()
    {
        Services.AddSingleton<IPageQuery<TAsk, TView>>(Query);
        Services.AddSingleton<IDbContextFactory<PortalDbContext>>(new BrokenDatabase());
        Services.AddSingleton(new PortalGroups());
        Services.AddSingleton(new SignInLifetime(TimeSpan.FromHours(8)));
        Services.AddSingleton<ActorGuard>();
        // Nobody listens to a database here, so no change is ever told.
        Services.AddSingleton(_ => NpgsqlDataSource.Create("Host=127.0.0.1"));
        Services.AddSingleton<ChangeFeed>();
        Services.AddSingleton(new LimitOptions());
        Services.AddSingleton<PersonLimits>();
        Services.AddSingleton<StepUpEngine>();
        Services.AddSingleton<StepUpHandlers>();
        Services.AddSingleton<ProviderGate>();
        Services.AddSingleton(new ProviderOptions());
        Services.AddSingleton(new ProviderMode(IsSandbox: true));
        Services.AddSingleton(_ => NewKey());
        Services.AddSingleton<AskForAccess>();
        Services.AddSingleton<WithdrawRequest>();
        Services.AddSingleton<DecideRequest>();
        Services.AddSingleton<EndAccess>();
        SignIn("alice", "developers");
    }

    /// <summary>The page's query.</summary>
    protected AnsweringQuery Query { get; } = new();

    /// <summary>Where the page has gone.</summary>
    protected string Address => Services.GetRequiredService<NavigationManager>().Uri;

    /// <summary>Says yes in the dialog that a destructive button opens.</summary>
    protected static void Confirm(IRenderedComponent<Providers> providers) => providers.WaitForElement(".confirm .btn-danger").Click();

    /// <summary>A query that answers what a test says, and remembers what it was asked.</summary>
    protected sealed class AnsweringQuery : IPageQuery<TAsk, TView>
    {
        private Func<TAsk, Task<Outcome<TView>>> _answer = _ => new TaskCompletionSource<Outcome<TView>>().Task;

        /// <summary>What was asked, in order.</summary>
        public List<TAsk> Asked { get; } = [];

        /// <summary>Answers so from now on; until the first call it never answers.</summary>
        public void Answer(Func<TAsk, Outcome<TView>> answer) => _answer = ask => Task.FromResult(answer(ask));

        /// <summary>Answers with one view.</summary>
        public void Answer(TView view) => Answer(_ => view);

        /// <summary>Fails from now on.</summary>
        public void Fail() => _answer = _ => Task.FromException<Outcome<TView>>(new InvalidOperationException("The database is down."));

        /// <inheritdoc/>
        public Task<Outcome<TView>> AskAsync(Actor actor, TAsk ask, CancellationToken cancellation)
        {
            Asked.Add(ask);
            return _answer(ask);
        }
    }

    private static InstallationKey NewKey()
    {
        var folder = Directory.CreateTempSubdirectory("lapse-page-test-");
        try
        {
            return InstallationKey.Create(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

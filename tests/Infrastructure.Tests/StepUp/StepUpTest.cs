using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>A portal, a provider that does what a test wants, and a signed-in browser.</summary>
public abstract class StepUpTest(PostgresFixture postgres) : DatabaseTest(postgres)
{
    protected SettableClock Clock { get; } = new();

    protected RogueProvider Provider { get; private set; } = null!;

    protected TestPortal Portal { get; private set; } = null!;

    protected Browser Alice { get; private set; } = null!;

    protected Guid Subject { get; } = Guid.NewGuid();

    protected virtual IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>();

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Provider = await RogueProvider.StartAsync(Clock, Cancellation);
        Portal = await TestPortal.StartAsync(Database, Provider, Clock, Settings, Cancellation);
        Alice = new Browser(Portal.Address);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Alice?.Dispose();
        if (Portal is not null) await Portal.DisposeAsync();
        if (Provider is not null) await Provider.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Signs in through the provider, and lets a minute pass.</summary>
    protected async Task<Actor> SignInAsync(Browser browser, string returnUrl = "/whoami")
    {
        var back = await browser.NextAsync(await browser.NextAsync($"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}", Cancellation), Cancellation);
        await browser.NextAsync(back, Cancellation);
        Clock.Advance(TimeSpan.FromMinutes(1));
        return await WhoAsync(browser) ?? throw new InvalidOperationException("Nobody is signed in: " + back);
    }

    protected static async Task<Actor?> WhoAsync(Browser browser)
    {
        var ids = (await browser.ReadAsync("/whoami", Cancellation)).Split(' ');
        return ids.Length == 2 ? new Actor(PersonId.From(Guid.Parse(ids[0])), SignInSessionId.From(Guid.Parse(ids[1]))) : null;
    }

    /// <summary>What a use case does over the circuit.</summary>
    protected async Task<StepUpChallengeId> BeginAsync(Actor actor, bool confirmAfter = false, string returnTo = "/requests/1", Guid? subject = null)
    {
        var begun = await Portal.Get<StepUpEngine>().BeginAsync(actor, ActKind.SubmitRequest, subject ?? Subject, 1, "because", confirmAfter, returnTo, Cancellation);
        return begun.Succeeded ? begun.Value : throw new InvalidOperationException(begun.Refusal!.Code);
    }

    /// <summary>Leaves for the provider and comes as far as the address of the callback, not yet called.</summary>
    protected static async Task<string> LeaveAsync(Browser browser, StepUpChallengeId id) =>
        await browser.NextAsync(await browser.SendAsync($"/step-up/{id}/go", Cancellation), Cancellation);

    /// <summary>The whole way; returns where the browser lands.</summary>
    protected static async Task<string> GoAsync(Browser browser, StepUpChallengeId id) => await browser.NextAsync(await LeaveAsync(browser, id), Cancellation);

    protected async Task<StepUpChallenge> ChallengeAsync(StepUpChallengeId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.StepUpChallenges.AsNoTracking().SingleAsync(c => c.Id == id, Cancellation);
    }

    protected async Task<int> CountAsync(string act)
    {
        await using var db = Database.CreateDbContext();
        return await db.LedgerEntries.CountAsync(e => e.Act == act, Cancellation);
    }

    protected async Task<int> ProofsAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.StepUpProofs.CountAsync(Cancellation);
    }

    /// <summary>Nothing was done or kept, the person is told why on the page they left, and the ledger says so once.</summary>
    protected async Task AssertRefusedAsync(string landed, StepUpChallengeId id, string code)
    {
        Assert.Equal($"/requests/1?notice={id}", landed);
        var challenge = await ChallengeAsync(id);
        Assert.Equal(code, challenge.RefusalCode);
        Assert.Null(challenge.ConsumedAt);
        Assert.Equal(0, await CountAsync(NoteAct.Done));
        Assert.Equal(1, await CountAsync(LedgerActs.StepUpRefused));
        Assert.Equal(0, await CountAsync(LedgerActs.StepUpProved));
        Assert.Equal(0, await ProofsAsync());
    }
}

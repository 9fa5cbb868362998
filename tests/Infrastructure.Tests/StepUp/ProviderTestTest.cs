using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>A portal whose provider is not the sandbox's, and an admin who goes through its self-test.</summary>
public abstract class ProviderTestTest(PostgresFixture postgres) : StepUpTest(postgres)
{
    protected static RogueToken Admin { get; } = new() { Acr = "2", Groups = ["lapse-admins", "developers"] };

    private readonly ScratchFolder _keys = new();

    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?> { ["Lapse:Keys"] = _keys.Path, ["Lapse:Provider:Profile"] = "Keycloak" };

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _keys.Dispose();
    }

    protected TestProvider Testing => Portal.Get<TestProvider>();

    protected async Task<Actor> SignInAsync()
    {
        Provider.Next = Admin;
        return await SignInAsync(Alice);
    }

    // The first round, as it should go; returns the test.
    protected async Task<Guid> FirstRoundAsync(Actor admin)
    {
        var id = (await Testing.BeginAsync(admin, Cancellation)).Value;
        Assert.Equal(PortalPaths.AdminProvider, await GoAsync(Alice, id));
        Clock.Advance(TimeSpan.FromSeconds(20));
        return (await ChallengeAsync(id)).SubjectId;
    }

    protected async Task<StepUpChallengeId> SecondRoundAsync(Actor admin, Guid test)
    {
        // Of two rounds the later counts, and the clock of a test stands still.
        Clock.Advance(TimeSpan.FromSeconds(1));
        var id = (await Testing.GoOnAsync(admin, test, Cancellation)).Value;
        Assert.Equal($"/admin/provider?notice={id}", await GoAsync(Alice, id));
        return id;
    }

    protected async Task PassAsync(Actor admin)
    {
        var test = await FirstRoundAsync(admin);
        Provider.Error = "access_denied";
        await SecondRoundAsync(admin, test);
        Provider.Error = null;
        Assert.Null((await Testing.FinishAsync(admin, test, Cancellation)).Refusal);
        Clock.Advance(TimeSpan.FromSeconds(1));
    }

    protected async Task<StepUpChallengeId> RefusedAsync(StepUpChallengeId id)
    {
        await GoAsync(Alice, id);
        return id;
    }

    protected Task<Outcome<StepUpChallengeId>> AskAsync(Actor actor) =>
        Portal.Get<StepUpEngine>().BeginAsync(actor, ActKind.SubmitRequest, Guid.NewGuid(), 1, "", false, "/", Cancellation);

    protected async Task<AdminProviderView> PageAsync(Actor actor) => (await Portal.Get<AdminProviderQuery>().AskAsync(actor, new(), Cancellation)).Value;

    protected Task<TestPortal> RestartAsync(string setting, string value) =>
        TestPortal.StartAsync(Database, Provider, Clock, new Dictionary<string, string?>(Settings) { [setting] = value }, Cancellation);

    protected static Browser Carry(Browser from, TestPortal portal)
    {
        var browser = new Browser(portal.Address);
        foreach (System.Net.Cookie cookie in from.Cookies.GetAllCookies()) browser.Cookies.Add(new System.Net.Cookie(cookie.Name, cookie.Value, cookie.Path, cookie.Domain));
        return browser;
    }
}

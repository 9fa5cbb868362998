using System.Net;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>How often an address may sign in and a person may leave for a step-up and come back.</summary>
public sealed class RequestLimitTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>
    {
        ["Lapse:Limits:SignInsPerMinute"] = "3",
        ["Lapse:Limits:StepUpsPerMinute"] = "6",
        ["Lapse:Limits:StepUpsPerPerson"] = "2",
    };

    [Fact]
    public async Task SignIn_MoreThanTheAddressMay_IsRefusedAndTheProviderNotAsked()
    {
        for (var i = 0; i < 3; i++) await Alice.NextAsync("/sign-in", Cancellation);

        using var refused = await Alice.GetAsync("/sign-in", Cancellation);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Null(refused.Headers.Location);
        Assert.Equal("nobody", await Alice.ReadAsync("/whoami", Cancellation));
    }

    [Fact]
    public async Task SignInAnswer_MoreThanTheAddressMay_IsRefused()
    {
        for (var i = 0; i < 3; i++) await Alice.NextAsync("/signin-oidc?code=a&state=b", Cancellation);

        Assert.Equal(429, await StatusAsync(Alice, "/signin-oidc?code=a&state=b"));
    }

    [Fact]
    public async Task Go_MoreThanThePersonMay_IsRefusedAndTheFirstStillCounts()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);
        var back = await LeaveAsync(Alice, id);
        await Alice.SendAsync($"/step-up/{id}/go", Cancellation);

        using var refused = await Alice.PostAsync($"/step-up/{id}/go", Cancellation);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5));
        Assert.Equal("/done", await Alice.NextAsync(back, Cancellation));
        Assert.NotNull((await ChallengeAsync(id)).ConsumedAt);
        // Somebody else, from the same address.
        using var other = new Browser(Portal.Address);
        Provider.Next = Provider.Next with { Subject = "bob-sub", UserName = "bob" };
        await SignInAsync(other);
        Assert.Equal("/", await other.SendAsync($"/step-up/{id}/go", Cancellation));
    }

    [Fact]
    public async Task StepUpAnswer_MoreThanThePersonMay_IsRefusedAndTheChallengeStaysOpen()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);
        var back = await LeaveAsync(Alice, id);
        for (var i = 0; i < 2; i++) await Alice.NextAsync("/step-up/callback?code=a&state=b", Cancellation);

        Assert.Equal(429, await StatusAsync(Alice, back));

        var challenge = await ChallengeAsync(id);
        Assert.Equal((null, null, null), (challenge.ConsumedAt, challenge.AbandonedAt, challenge.RefusalCode));
        Assert.Equal(0, await ProofsAsync());
        // Without the person it counts for the address, which may more.
        using var nobody = new Browser(Portal.Address);
        Assert.Equal(302, await StatusAsync(nobody, "/step-up/callback?code=a&state=b"));
    }

    [Fact]
    public async Task StepUpAnswer_MoreThanTheAddressMay_IsRefusedForWhoIsNotSignedInToo()
    {
        for (var i = 0; i < 6; i++) await Alice.NextAsync("/step-up/callback?code=a&state=b", Cancellation);

        Assert.Equal(429, await StatusAsync(Alice, "/step-up/callback?code=a&state=b"));
    }

    private static async Task<int> StatusAsync(Browser browser, string address)
    {
        using var answer = await browser.GetAsync(address, Cancellation);
        return (int)answer.StatusCode;
    }
}

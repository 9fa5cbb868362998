using System.Text;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>A provider that is slow, that exchanges its keys, or whose clock is wrong by two minutes.</summary>
public sealed class ProviderOutageTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    [Theory]
    [InlineData(-120, "ProviderBehind")]
    [InlineData(120, "FromTheFuture")]
    public async Task StepUp_ProviderClockTwoMinutesOff_IsRefusedAndSaysThatItIsTheClock(int seconds, string code)
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Next = Off(seconds, notBefore: false);

        await AssertRefusedAsync(await GoAsync(Alice, id), id, code);
    }

    [Fact]
    public async Task StepUp_ProviderClockAheadWhoseTokensSayNotBefore_SaysThatItIsTheClock()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Next = Off(120, notBefore: true);

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "FromTheFuture");
    }

    [Fact]
    public async Task StepUp_OldAuthenticationFromAProviderWithTheRightClock_IsNotTakenForAClock()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Next = new() { AuthTimeOffset = -120 };

        await AssertRefusedAsync(await GoAsync(Alice, id), id, "NotFresh");
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(4)]
    public async Task StepUp_ProviderClockAFewSecondsOff_GoesThrough(int seconds)
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        Provider.Next = Off(seconds, notBefore: true);

        Assert.Equal("/done", await GoAsync(Alice, id));
    }

    [Theory]
    [InlineData(-120)]
    [InlineData(120)]
    public async Task SignIn_ProviderClockTwoMinutesOff_StillGoesIn(int seconds)
    {
        // It says who somebody is, for hours; that it was minutes ago decides nothing.
        Provider.Next = Off(seconds, notBefore: false);

        Assert.NotNull(await SignInAsync(Alice));
    }

    [Fact]
    public async Task SignIn_TokenThatIsNotValidYet_LeavesNobodySignedIn()
    {
        Provider.Next = Off(120, notBefore: true);
        var back = await Alice.NextAsync(await Alice.NextAsync("/sign-in", Cancellation), Cancellation);

        Assert.StartsWith("/denied?why=provider", await Alice.NextAsync(back, Cancellation), StringComparison.Ordinal);
        Assert.Null(await WhoAsync(Alice));
        Assert.Contains("FromTheFuture", Portal.Logs.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_Exchanged_OldProofsVerifyAndTheOldKeySignsNothingNew()
    {
        var actor = await SignInAsync(Alice);
        var before = Provider.Key;
        Assert.Equal("/done", await GoAsync(Alice, await BeginAsync(actor)));
        Provider.Key = new RogueKey("k2");
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("/done", await GoAsync(Alice, await BeginAsync(actor, subject: Guid.NewGuid())));

        await using var db = Database.CreateDbContext();
        var proofs = await db.StepUpProofs.AsNoTracking().OrderBy(p => p.VerifiedAt).ToListAsync(Cancellation);
        Assert.Equal([before.Id, "k2"], proofs.Select(p => p.KeyId));
        // Also while nobody is there who could be asked.
        Provider.Down = true;
        foreach (var proof in proofs)
        {
            var token = Encoding.UTF8.GetString(Portal.Get<Sealer>().Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken)!);
            Assert.Equal(proof.Nonce, (await Portal.Get<TokenVerifier>().VerifyEvidenceAsync(token, Cancellation)).Value.Claims.Nonce);
        }
        Provider.Down = false;

        var late = new RogueToken().Write(Provider.Address, "n", before, Clock.GetUtcNow());
        Assert.Equal("UnknownKey", (await Portal.Get<TokenVerifier>().VerifyAsync(late, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Keys_TakenAwayWithoutANewOne_VerifyNoMoreAfterAQuarterOfAnHour()
    {
        await SignInAsync(Alice);
        var stolen = Provider.Key;
        Provider.Key = new RogueKey("k2");
        Clock.Advance(TimeSpan.FromMinutes(15));

        var token = new RogueToken().Write(Provider.Address, "n", stolen, Clock.GetUtcNow());
        Assert.Equal("UnknownKey", (await Portal.Get<TokenVerifier>().VerifyAsync(token, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Discovery_ProviderHangs_IsWaitedForOnceByAllWhoCome()
    {
        var (discovery, hangs) = (Portal.Get<ProviderDiscovery>(), new TaskCompletionSource());
        (Provider.Held, Provider.Down) = (hangs.Task, true);
        var first = discovery.GetConfigurationAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Provider.Times.GetValueOrDefault(DiscoveryPath) == 1), "asked", Cancellation);
        var others = Enumerable.Range(0, 5).Select(_ => discovery.GetConfigurationAsync(Cancellation)).ToList();

        hangs.SetResult();

        foreach (var one in others.Prepend(first)) await Assert.ThrowsAnyAsync<Exception>(() => one);
        Assert.Equal(1, Provider.Times[DiscoveryPath]);
        // Who comes afterwards asks anew.
        Provider.Down = false;
        Assert.Equal(Provider.Address, (await discovery.GetConfigurationAsync(Cancellation)).Issuer);
    }

    [Fact]
    public async Task Discovery_WhoeverAskedFirstLeaves_OthersAreAnswered()
    {
        var (discovery, hangs) = (Portal.Get<ProviderDiscovery>(), new TaskCompletionSource());
        Provider.Held = hangs.Task;
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var first = discovery.GetConfigurationAsync(leaves.Token);
        await Wait.UntilAsync(() => Task.FromResult(Provider.Times.GetValueOrDefault(DiscoveryPath) == 1), "asked", Cancellation);
        var other = discovery.GetConfigurationAsync(Cancellation);

        await leaves.CancelAsync();
        hangs.SetResult();

        await Record.ExceptionAsync(() => first);
        Assert.Equal(Provider.Address, (await other).Issuer);
    }

    [Fact]
    public async Task StepUp_ProviderSlow_IsDoneOnceItAnswers()
    {
        var id = await BeginAsync(await SignInAsync(Alice));
        var back = await LeaveAsync(Alice, id);
        var slow = new TaskCompletionSource();
        Provider.Held = slow.Task;

        var coming = Alice.NextAsync(back, Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(Provider.Times.GetValueOrDefault("/token") == 2), "the code is being exchanged", Cancellation);
        Assert.Equal(0, await CountAsync(NoteAct.Done));
        slow.SetResult();

        Assert.Equal("/done", await coming);
        Assert.Equal((1, 1), (await CountAsync(NoteAct.Done), await CountAsync(LedgerActs.StepUpProved)));
    }

    // Everything that the provider says by its clock.
    private RogueToken Off(int seconds, bool notBefore)
    {
        var now = Clock.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        var more = new JsonObject { ["iat"] = now };
        if (notBefore) more["nbf"] = now;
        return new() { AuthTimeOffset = seconds, More = more };
    }
}

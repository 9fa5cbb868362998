using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>Each token that must not do an act, over the real way through the provider.</summary>
public sealed class StepUpTokenTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    public static TheoryData<string, RogueToken, string> Wrong => new()
    {
        { "somebody else signs in", new() { Subject = "mallory-sub" }, "OtherPerson" },
        { "two audiences", new() { Audiences = ["lapse", "kubernetes"] }, "WrongAudience" },
        { "wrong audience", new() { Audiences = ["kubernetes"] }, "WrongAudience" },
        { "another authorized party", new() { AuthorizedParty = "kubernetes" }, "WrongAudience" },
        { "HS256 with the client's secret", new() { Signing = Signing.Hs256WithSecret }, "WeakSignature" },
        { "HS256 with the public key", new() { Signing = Signing.Hs256WithPublicKey }, "WeakSignature" },
        { "unsigned", new() { Signing = Signing.NoSignature }, "Unsigned" },
        { "wrong key under a known id", new() { Signing = Signing.OtherKeySameId }, "BadSignature" },
        { "unknown key", new() { Signing = Signing.OtherKeyOtherId }, "UnknownKey" },
        { "signature cut off", new() { Signing = Signing.SignatureCutOff }, "BadSignature" },
        { "wrong issuer", new() { Issuer = "https://elsewhere.example" }, "WrongIssuer" },
        { "expired", new() { Expired = true }, "TokenExpired" },
        { "auth_time older than the challenge", new() { AuthTimeOffset = -30 }, "NotFresh" },
        { "auth_time just beyond the skew", new() { AuthTimeOffset = -6 }, "NotFresh" },
        { "auth_time in the future", new() { AuthTimeOffset = 60 }, "FromTheFuture" },
        { "no auth_time", new() { AuthTimeOffset = null }, "NoAuthTime" },
        { "acr too low", new() { Acr = "urn:lapse:pwd" }, "FactorMissing" },
        { "no acr", new() { Acr = null }, "FactorMissing" },
        { "a nonce of its own", new() { Nonce = "638000000000000000.bm9uY2U" }, "WrongNonce" },
        { "no nonce", new() { OmitNonce = true }, "WrongNonce" },
        { "groups absent", new() { Groups = null }, "GroupsUnknown" },
        { "groups overage by _claim_names", new() { More = new JsonObject { ["_claim_names"] = new JsonObject { ["groups"] = "src1" } } }, "GroupsUnknown" },
        { "groups overage by hasgroups", new() { More = new JsonObject { ["hasgroups"] = true } }, "GroupsUnknown" },
        { "groups of another form", new() { Groups = null, More = new JsonObject { ["groups"] = new JsonObject() } }, "GroupsUnknown" },
        { "not in the group any more", new() { Groups = ["others"] }, "NotInGroup" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task Callback_WrongToken_DoesNothingAndSaysWhy(string what, RogueToken token, string code)
    {
        Assert.NotEmpty(what);
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);
        Provider.Next = token;

        var landed = await GoAsync(Alice, id);

        await AssertRefusedAsync(landed, id, code);
        Assert.Equal(actor, await WhoAsync(Alice));
    }

    [Fact]
    public async Task Callback_NonceOfAnotherChallenge_IsRefused()
    {
        var actor = await SignInAsync(Alice);
        var other = await BeginAsync(actor, subject: Guid.NewGuid());
        var id = await BeginAsync(actor);
        // As a provider would that answers with a token asked for by the other flow of the same browser.
        var otherBack = await LeaveAsync(Alice, other);
        Provider.Next = new() { Nonce = (await ChallengeAsync(other)).Nonce };

        var landed = await GoAsync(Alice, id);

        await AssertRefusedAsync(landed, id, "WrongNonce");
        Assert.Contains("/step-up/callback", otherBack, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Callback_AuthTimeOfAnEarlierProof_IsRefused()
    {
        var actor = await SignInAsync(Alice);
        Assert.Equal("/done", await GoAsync(Alice, await BeginAsync(actor, subject: Guid.NewGuid())));
        var id = await BeginAsync(actor);

        // The clock stands still: the provider reports the same second as before.
        var landed = await GoAsync(Alice, id);

        Assert.Equal($"/requests/1?notice={id}", landed);
        Assert.Equal("SameAuthentication", (await ChallengeAsync(id)).RefusalCode);
        Assert.Equal(1, await CountAsync(NoteAct.Done));
        Assert.Equal(1, await CountAsync(LedgerActs.StepUpRefused));
    }

    [Fact]
    public async Task Callback_RightToken_DoesTheActOnceAndKeepsTheProof()
    {
        var actor = await SignInAsync(Alice);
        var id = await BeginAsync(actor);

        var landed = await GoAsync(Alice, id);

        Assert.Equal("/done", landed);
        Assert.NotNull((await ChallengeAsync(id)).ConsumedAt);
        Assert.Equal((1, 1, 1), (await CountAsync(NoteAct.Done), await CountAsync(LedgerActs.StepUpProved), await ProofsAsync()));
        Assert.Equal(actor, await WhoAsync(Alice));
    }
}

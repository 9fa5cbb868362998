using Lapse.Domain.StepUp;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.StepUp;

/// <summary>Each rule of the design's step-up by its code, each with its boundary, in the order that tells a stranger least.</summary>
public class ProofRulesTests
{
    private static readonly DateTimeOffset Created = Now.AddMilliseconds(700);
    private static readonly ProofExpectation Expected = new("https://idp.example/", "lapse", "alice-sub", null, new(["urn:mfa"], ["pwd+otp"]));

    [Fact]
    public void Check_AnswerOfThisPersonToThisChallenge_Passes() => Assert.Null(Check(claims => claims));

    [Theory]
    [InlineData(nameof(StepUpChallenge.ConsumedAt))]
    [InlineData(nameof(StepUpChallenge.AbandonedAt))]
    [InlineData(nameof(StepUpChallenge.ProvedAt))]
    public void Check_UsedGivenUpOrProved_IsChallengeUsed(string property)
    {
        var challenge = Started();
        Set(challenge, property, Created);

        Assert.Equal("ChallengeUsed", ProofRules.Check(challenge, Answer(challenge), Expected, Created)!.Code);
    }

    [Fact]
    public void Check_NeverStarted_IsChallengeNotStarted()
    {
        var challenge = Challenge();

        Assert.Equal("ChallengeNotStarted", ProofRules.Check(challenge, Answer(challenge), Expected, Created)!.Code);
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, "ChallengeExpired")]
    public void Check_Lifetime_EndsExactlyThen(int ticks, string? code) =>
        Assert.Equal(code, Check(claims => claims, now: Created + StepUpChallenge.Lifetime + TimeSpan.FromTicks(ticks))?.Code);

    [Theory]
    [InlineData("https://idp.example/", null)]
    [InlineData("https://idp.example", "WrongIssuer")]
    [InlineData("https://IDP.example/", "WrongIssuer")]
    public void Check_Issuer_IsCompared(string issuer, string? code) => Assert.Equal(code, Check(claims => claims with { Issuer = issuer })?.Code);

    [Theory]
    [InlineData("lapse", null)]
    [InlineData("", "WrongAudience")]
    [InlineData("kubernetes", "WrongAudience")]
    [InlineData("Lapse", "WrongAudience")]
    [InlineData("lapse,kubernetes", "WrongAudience")]
    [InlineData("lapse,lapse", "WrongAudience")]
    public void Check_Audience_IsOursAndNoOther(string audiences, string? code) =>
        Assert.Equal(code, Check(claims => claims with { Audiences = audiences.Split(',', StringSplitOptions.RemoveEmptyEntries) })?.Code);

    [Theory]
    [InlineData(null, null)]
    [InlineData("lapse", null)]
    [InlineData("kubernetes", "WrongAudience")]
    [InlineData("", "WrongAudience")]
    public void Check_AuthorizedParty_IsOursIfItIsThere(string? party, string? code) =>
        Assert.Equal(code, Check(claims => claims with { AuthorizedParty = party })?.Code);

    [Theory]
    [InlineData(-6, -6, "ProviderBehind")]
    [InlineData(-6, -5, "NotFresh")]
    [InlineData(-6, null, "NotFresh")]
    [InlineData(-5, -5, null)]
    public void Check_OldAuthentication_IsAClockOnlyIfTheTokenIsOldToo(int authenticated, int? issued, string? code)
    {
        var created = DateTimeOffset.FromUnixTimeSeconds(Created.ToUnixTimeSeconds());
        Assert.Equal(code, Check(claims => claims with { AuthenticatedAt = created.AddSeconds(authenticated), IssuedAt = issued is { } seconds ? created.AddSeconds(seconds) : null })?.Code);
    }

    [Theory]
    [InlineData("bob-sub")]
    [InlineData("ALICE-SUB")]
    [InlineData("")]
    public void Check_OtherSubject_IsOtherPerson(string subject) => Assert.Equal("OtherPerson", Check(claims => claims with { Subject = subject })!.Code);

    [Fact]
    public void Check_NonceOfAnotherChallengeOrNone_IsWrongNonce()
    {
        Assert.Equal("WrongNonce", Check(claims => claims with { Nonce = Challenge().Nonce })!.Code);
        Assert.Equal("WrongNonce", Check(claims => claims with { Nonce = null })!.Code);
        Assert.Equal("WrongNonce", Check(claims => claims with { Nonce = "" })!.Code);
    }

    [Fact]
    public void Check_NoAuthTime_ProvesNothingFresh() => Assert.Equal("NoAuthTime", Check(claims => claims with { AuthenticatedAt = null })!.Code);

    // auth_time is in whole seconds, so the challenge of 12:00:00.7 may be answered as of 12:00:00, less the skew of 5 s.
    [Theory]
    [InlineData(-6, "NotFresh")]
    [InlineData(-5, null)]
    [InlineData(0, null)]
    public void Check_AuthTimeBeforeTheChallenge_IsAllowedFiveSeconds(int seconds, string? code) =>
        Assert.Equal(code, Check(claims => claims with { AuthenticatedAt = Now.AddSeconds(seconds) })?.Code);

    [Fact]
    public void Check_AuthTimeOneTickTooOld_IsNotFresh() =>
        Assert.Equal("NotFresh", Check(claims => claims with { AuthenticatedAt = Now.AddSeconds(-5).AddTicks(-1) })!.Code);

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "FromTheFuture")]
    public void Check_AuthTimeAhead_IsAllowedFiveSeconds(int ticks, string? code) =>
        Assert.Equal(code, Check(claims => claims with { AuthenticatedAt = Created.AddSeconds(5).AddTicks(ticks) }, now: Created)?.Code);

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, "SameAuthentication")]
    [InlineData(1, "SameAuthentication")]
    public void Check_AuthTimeOfAnEarlierProof_CountsOnce(int earlierBySeconds, string? code) =>
        Assert.Equal(code, Check(claims => claims with { AuthenticatedAt = Now.AddSeconds(1) }, Expected with { LastAuthenticatedAt = Now.AddSeconds(1 + earlierBySeconds) }, Created.AddSeconds(2))?.Code);

    [Theory]
    [InlineData("urn:mfa", "", null)]
    [InlineData("urn:pwd", "pwd", "FactorMissing")]
    [InlineData(null, "pwd,otp", null)]
    [InlineData(null, "otp", "FactorMissing")]
    public void Check_Factor_IsAnyOfThoseRequired(string? acr, string amr, string? code) =>
        Assert.Equal(code, Check(claims => claims with { Acr = acr, Amr = amr.Split(',', StringSplitOptions.RemoveEmptyEntries) })?.Code);

    [Fact]
    public void Check_GroupsUnknown_IsRefusedButNoGroupIsAnAnswer()
    {
        Assert.Equal("GroupsUnknown", Check(claims => claims with { Groups = null })!.Code);
        Assert.Null(Check(claims => claims with { Groups = [] }));
    }

    // Whoever holds a token that breaks several rules hears of the first only: nobody learns from a token of another person,
    // or for another application, whether it would have been fresh enough or in the right groups.
    private static readonly (string Code, Func<ProofClaims, ProofClaims> Break)[] InOrder =
    [
        ("WrongIssuer", claims => claims with { Issuer = "https://evil.example/" }),
        ("WrongAudience", claims => claims with { Audiences = ["kubernetes"] }),
        ("OtherPerson", claims => claims with { Subject = "bob-sub" }),
        ("WrongNonce", claims => claims with { Nonce = "1.x" }),
        ("NoAuthTime", claims => claims with { AuthenticatedAt = null }),
        ("FactorMissing", claims => claims with { Acr = null, Amr = [] }),
        ("GroupsUnknown", claims => claims with { Groups = null }),
    ];

    [Fact]
    public void Check_TwoRulesBroken_TellsTheEarlierOnly()
    {
        for (var first = 0; first < InOrder.Length; first++)
            for (var second = first; second < InOrder.Length; second++)
                Assert.Equal(InOrder[first].Code, Check(claims => InOrder[second].Break(InOrder[first].Break(claims)))!.Code);
    }

    [Fact]
    public void Check_UsedChallenge_SaysSoWhateverTheToken()
    {
        var challenge = Started();
        Set(challenge, nameof(StepUpChallenge.ConsumedAt), Created);

        foreach (var (_, breaks) in InOrder) Assert.Equal("ChallengeUsed", ProofRules.Check(challenge, breaks(Answer(challenge)), Expected, Created)!.Code);
    }

    private static Refusal? Check(Func<ProofClaims, ProofClaims> change, ProofExpectation? expected = null, DateTimeOffset? now = null)
    {
        var challenge = Started();
        return ProofRules.Check(challenge, change(Answer(challenge)), expected ?? Expected, now ?? Created.AddSeconds(30));
    }

    private static ProofClaims Answer(StepUpChallenge challenge) =>
        new("https://idp.example/", ["lapse"], null, "alice-sub", challenge.Nonce, Now, "urn:mfa", ["pwd", "otp"], ["developers"]);

    private static StepUpChallenge Challenge()
    {
        var act = StepUpActs.Submit(Draft(), Entry(), WorkflowOf(Peers));
        var challenge = StepUpChallenge.Draft(new(act.Kind, act.SubjectId, act.SubjectVersion, "", false, "/"), act.PersonId, UuidId.New<SignInSessionId>(Now), Created);
        Assert.True(challenge.Bind(act));
        return challenge;
    }

    private static StepUpChallenge Started()
    {
        var challenge = Challenge();
        Set(challenge, nameof(StepUpChallenge.StartedAt), Created);
        return challenge;
    }

    // These columns are moved by guarded updates in SQL only, so there is no method to call.
    private static void Set(StepUpChallenge challenge, string property, DateTimeOffset? value) => typeof(StepUpChallenge).GetProperty(property)!.SetValue(challenge, value);
}

using System.Reflection;
using Lapse.Domain.StepUp;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.StepUp;

public class ProviderTestTests
{
    private static readonly ProviderSettings Settings = new([1, 2], "https://login.example.com", "lapse", "Okta", new(["2"], ["mfa"]));
    private static readonly Guid Test = Guid.NewGuid();

    [Fact]
    public void StageOf_FirstRoundNotDoneOrTooOld_IsNone()
    {
        Assert.Equal(ProviderTestStage.None, ProviderTest.StageOf(Round(1, started: true), [], Now));
        Assert.Equal(ProviderTestStage.None, ProviderTest.StageOf(Round(1, started: true, code: "FactorMissing"), [], Now));
        Assert.Equal(ProviderTestStage.None, ProviderTest.StageOf(First, [], Now + ProviderTest.Lifetime));
        Assert.Equal(ProviderTestStage.SecondWanted, ProviderTest.StageOf(First, [], Now + ProviderTest.Lifetime - TimeSpan.FromTicks(1)));
    }

    [Theory]
    [InlineData("ProviderDenied", ProviderTestStage.Refused)]
    [InlineData("ProviderRefused", ProviderTestStage.Refused)]
    [InlineData("FactorMissing", ProviderTestStage.Refused)]
    [InlineData("NotFresh", ProviderTestStage.Refused)]
    [InlineData("SameAuthentication", ProviderTestStage.Refused)]
    [InlineData("ProviderDown", ProviderTestStage.Repeat)]
    [InlineData("OtherPerson", ProviderTestStage.Repeat)]
    [InlineData("WrongNonce", ProviderTestStage.Repeat)]
    [InlineData("BadSignature", ProviderTestStage.Repeat)]
    [InlineData("ChallengeExpired", ProviderTestStage.Repeat)]
    [InlineData("GroupsUnknown", ProviderTestStage.Repeat)]
    [InlineData("Unexpected", ProviderTestStage.Repeat)]
    [InlineData(ProviderTest.ConfirmedWithoutFactor, ProviderTestStage.None)]
    public void StageOf_SecondRoundRefused_CountsOnlyWhatTheProviderRefused(string code, ProviderTestStage expected) =>
        Assert.Equal(expected, ProviderTest.StageOf(First, [Round(2, started: true, code: code)], Now));

    [Fact]
    public void StageOf_SecondRound_TheNewestThatLeftCounts()
    {
        var (ready, away, cancelled) = (Round(2), Round(2, started: true), Round(2, started: true, abandoned: true));

        Assert.Equal(ProviderTestStage.SecondWanted, ProviderTest.StageOf(First, [ready], Now));
        Assert.Equal(ProviderTestStage.NoAnswer, ProviderTest.StageOf(First, [ready, away], Now));
        Assert.Equal(ProviderTestStage.Repeat, ProviderTest.StageOf(First, [cancelled, away], Now));
        Assert.Equal(ProviderTestStage.NoAnswer, ProviderTest.StageOf(First, [away, cancelled], Now));
    }

    [Fact]
    public void StageOf_ConfirmedWithoutFactorOrFinishedOnce_IsOverWhateverComesLater()
    {
        var away = Round(2, started: true);

        Assert.Equal(ProviderTestStage.None, ProviderTest.StageOf(First, [away, Round(2, started: true, code: ProviderTest.ConfirmedWithoutFactor)], Now));
        Assert.Equal(ProviderTestStage.None, ProviderTest.StageOf(First, [away, Round(2, started: true, consumed: true)], Now));
    }

    [Fact]
    public void TestProvider_Digest_CommitsToSettingsPersonTestAndRound()
    {
        var act = StepUpActs.TestProvider(Settings, Test, Bob, 1);
        StepUpAct[] others =
        [
            StepUpActs.TestProvider(Settings with { Digest = [1, 3] }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings with { Issuer = "https://other.example.com" }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings with { ClientId = "other" }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings with { Profile = "Keycloak" }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings with { Requirement = new(["1"], ["mfa"]) }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings with { Requirement = new(["2"], []) }, Test, Bob, 1),
            StepUpActs.TestProvider(Settings, Guid.NewGuid(), Bob, 1),
            StepUpActs.TestProvider(Settings, Test, Carol, 1),
            StepUpActs.TestProvider(Settings, Test, Bob, 2),
        ];

        Assert.Equal(act.Digest(), StepUpActs.TestProvider(Settings, Test, Bob, 1).Digest());
        Assert.All(others, other => Assert.NotEqual(act.Digest(), other.Digest()));
    }

    [Fact]
    public void Content_OfASelfTest_IsAnotherForEachFact()
    {
        var test = new ProviderSelfTest { SettingsDigest = [1], PersonId = Bob, TestedAt = Now, Passed = true };
        ProviderSelfTest[] others =
        [
            new() { SettingsDigest = [2], PersonId = Bob, TestedAt = Now, Passed = true },
            new() { SettingsDigest = [1], PersonId = Carol, TestedAt = Now, Passed = true },
            new() { SettingsDigest = [1], PersonId = Bob, TestedAt = Now.AddMicroseconds(1), Passed = true },
            new() { SettingsDigest = [1], PersonId = Bob, TestedAt = Now, Passed = false },
        ];

        Assert.All(others, other => Assert.NotEqual(test.Content(), other.Content()));
    }

    private static StepUpChallenge First => Round(1, started: true, consumed: true);

    private static StepUpChallenge Round(int round, bool started = false, bool consumed = false, bool abandoned = false, string? code = null)
    {
        var challenge = StepUpChallenge.Draft(new(ActKind.TestProvider, Test, round, "", false, "/"), Bob, UuidId.New<SignInSessionId>(Now), Now);
        if (started) Set(challenge, nameof(challenge.StartedAt), Now);
        if (consumed) Set(challenge, nameof(challenge.ConsumedAt), Now);
        if (abandoned || code is not null) Set(challenge, nameof(challenge.AbandonedAt), Now);
        if (code is not null) Set(challenge, nameof(challenge.RefusalCode), code);
        return challenge;
    }

    private static void Set(StepUpChallenge challenge, string property, object value) =>
        typeof(StepUpChallenge).GetProperty(property, BindingFlags.Public | BindingFlags.Instance)!.SetValue(challenge, value);
}

using Lapse.Domain.StepUp;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.StepUp;

public class StepUpChallengeTests
{
    private static readonly StepUpAct Act = StepUpActs.Approve(Awaiting(), Entry(), WorkflowOf(Peers), Bob, 0, "ok");

    [Fact]
    public void Bind_TheActItWasMadeFor_CommitsItsNonceToTheDigest()
    {
        var challenge = Challenge();

        Assert.True(challenge.Bind(Act));

        Assert.Equal(StepUpNonce.Compute(challenge.Salt, Act.Digest(), Now), challenge.Nonce);
        Assert.Equal(Now + StepUpChallenge.Lifetime, challenge.ExpiresAt);
        Assert.True(challenge.IsFor(Act));
    }

    [Fact]
    public void Bind_AnotherKindPersonOrSubject_Throws()
    {
        foreach (var other in (StepUpAct[])[Act with { Kind = ActKind.SubmitRequest }, Act with { PersonId = Carol }, Act with { SubjectId = Guid.NewGuid() }])
            Assert.Throws<ArgumentException>(() => Challenge().Bind(other));
    }

    [Fact]
    public void BindIsFor_AnotherVersionOrContent_IsNotTheAct()
    {
        var challenge = Challenge();
        Assert.False(challenge.Bind(Act with { SubjectVersion = 2 }));

        Assert.True(challenge.Bind(Act));
        Assert.False(challenge.IsFor(Act with { SubjectVersion = 2 }));
        Assert.False(challenge.IsFor(Act with { Content = [] }));
        Assert.False(challenge.IsFor(Act with { PersonId = Carol }));
    }

    private static StepUpChallenge Challenge() =>
        StepUpChallenge.Draft(new(Act.Kind, Act.SubjectId, Act.SubjectVersion, "ok", false, "/"), Bob, UuidId.New<SignInSessionId>(Now), Now);
}

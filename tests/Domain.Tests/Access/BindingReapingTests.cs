using System.Security.Cryptography;
using CsCheck;
using Lapse.Domain.Access;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public sealed class BindingReapingTests : IDisposable
{
    private static readonly TimeSpan Maximum = TimeSpan.FromHours(12);
    private readonly ECDsa _key = BindingSamples.Key();
    private readonly BindingSpec _spec = BindingSamples.Spec();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Judge_SignedAndInTime_Keeps() => Assert.Equal(BindingVerdict.Keep, Judge(Signed(), BindingSamples.Now.AddMinutes(59)));

    [Fact]
    public void Judge_AtNotAfter_IsExpired() => Assert.Equal(BindingVerdict.Expired, Judge(Signed(), _spec.NotAfter));

    [Fact]
    public void Judge_ValidNotAfterBeyondTheMaximum_IsTooOld()
    {
        var spec = _spec with { NotAfter = BindingSamples.Now.AddDays(300) };
        Assert.Equal(BindingVerdict.TooOld, Judge(spec.Stored(BindingSignature.Sign(spec, _key)), BindingSamples.Now + Maximum));
    }

    [Fact]
    public void Judge_NoCreationTime_IsTooOld() => Assert.Equal(BindingVerdict.TooOld, Judge(Signed() with { CreatedAt = null }, BindingSamples.Now));

    [Fact]
    public void Judge_NotAfterPushedOut_IsBadSignature() =>
        Assert.Equal(BindingVerdict.BadSignature, JudgeAltered(BindingKeys.NotAfter, "2099-01-01T00:00:00Z"));

    [Fact]
    public void Judge_SignatureRemoved_IsBadSignature()
    {
        var signed = Signed();
        Assert.Equal(BindingVerdict.BadSignature, Judge(signed with { Annotations = signed.Annotations.Without(BindingKeys.Signature) }, BindingSamples.Now));
    }

    [Fact]
    public void Judge_SubjectAdded_IsBadSignature()
    {
        var signed = Signed();
        Assert.Equal(BindingVerdict.BadSignature, Judge(signed with { Subjects = [.. signed.Subjects, BindingSubject.User("oidc:mallory")] }, BindingSamples.Now));
    }

    [Fact]
    public void Judge_CopiedToOtherNamespace_IsBadSignature() =>
        Assert.Equal(BindingVerdict.BadSignature, Judge(Signed() with { Namespace = "web-prod" }, BindingSamples.Now));

    [Fact]
    public void Judge_CopiedToTheWholeCluster_IsBadSignature() =>
        Assert.Equal(BindingVerdict.BadSignature, Judge(Signed() with { Namespace = null }, BindingSamples.Now));

    [Fact]
    public void Judge_EverythingTakenOffButTheName_IsBadSignature()
    {
        var bare = Signed() with { Labels = new Dictionary<string, string>(), Annotations = new Dictionary<string, string>() };
        Assert.Equal(BindingVerdict.BadSignature, Judge(bare, BindingSamples.Now));
    }

    [Fact]
    public void Judge_SignedByARetiredKeyThatIsStillKnown_Keeps()
    {
        using var newKey = BindingSamples.Key();
        Assert.Equal(BindingVerdict.Keep, BindingReaping.Judge(Signed(), [newKey, _key], Maximum, BindingSamples.Now));
    }

    [Fact]
    public void Judge_SignedByAnUnknownKey_IsBadSignature()
    {
        using var other = BindingSamples.Key();
        Assert.Equal(BindingVerdict.BadSignature, BindingReaping.Judge(Signed(), [other], Maximum, BindingSamples.Now));
    }

    [Theory]
    [InlineData("somebody-elses")]
    [InlineData("lapse-portal")]
    public void Judge_OurLabelWithoutOurName_IsForeignHoweverOld(string name)
    {
        var foreign = Signed() with { Name = name };
        Assert.Equal(BindingVerdict.Foreign, Judge(foreign, BindingSamples.Now.AddYears(1)));
        Assert.False(BindingVerdict.Foreign.Deletes());
    }

    [Fact]
    public void Judge_NeitherLabelNorName_IsNotOurs()
    {
        var other = Signed() with { Name = "lapse-portal", Labels = new Dictionary<string, string>() };
        Assert.Equal(BindingVerdict.NotOurs, Judge(other, BindingSamples.Now.AddYears(1)));
        Assert.False(BindingVerdict.NotOurs.Deletes());
    }

    [Fact]
    public void Judge_WhateverIsSigned_NothingIsKeptPastItsEndOrTheMaximum()
    {
        Gen.Select(Gen.Int[0, 100_000], Gen.Int[0, 100_000]).Sample((seconds, later) =>
        {
            var spec = _spec with { NotAfter = BindingSamples.Now.AddSeconds(seconds) };
            var now = BindingSamples.Now.AddSeconds(later);
            var kept = Judge(spec.Stored(BindingSignature.Sign(spec, _key)), now) == BindingVerdict.Keep;
            return kept == (later < seconds && later < Maximum.TotalSeconds);
        }, iter: 300);
    }

    private BindingObject Signed() => _spec.Stored(BindingSignature.Sign(_spec, _key));

    private BindingVerdict Judge(BindingObject binding, DateTimeOffset now) => BindingReaping.Judge(binding, [_key], Maximum, now);

    private BindingVerdict JudgeAltered(string annotation, string value)
    {
        var signed = Signed();
        return Judge(signed with { Annotations = signed.Annotations.With(annotation, value) }, BindingSamples.Now);
    }
}

using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Elements;

namespace Lapse.Portal.Tests.Elements;

public sealed class StateLooksTests
{
    [Fact]
    public void Of_EachRequestStatus_HasAWordOfItsOwn() => Distinct(Enum.GetValues<RequestStatus>().Select(StateLooks.Of));

    [Fact]
    public void Of_EachGrantStatus_HasAWordOfItsOwn() =>
        Distinct(Enum.GetValues<GrantStatus>().Select(status => StateLooks.Of(status)));

    [Fact]
    public void Of_EachEnd_HasAWordOfItsOwn() =>
        Distinct(Enum.GetValues<EndReason>().Select(reason => StateLooks.Of(GrantStatus.Ended, reason)));

    [Fact]
    public void Of_EachClusterState_HasAWordOfItsOwn() => Distinct(Enum.GetValues<ClusterState>().Select(StateLooks.Of));

    [Fact]
    public void Of_GrantThatIsNotUsableOrPerhapsStillThere_IsNeverGreen()
    {
        GrantStatus[] others = [.. Enum.GetValues<GrantStatus>().Where(status => status != GrantStatus.Active)];

        Assert.Equal(Tone.Good, StateLooks.Of(GrantStatus.Active).Tone);
        Assert.All(others, status => Assert.NotEqual(Tone.Good, StateLooks.Of(status).Tone));
        Assert.Equal(Tone.Bad, StateLooks.Overdue.Tone);
    }

    private static void Distinct(IEnumerable<StateLook> looks)
    {
        StateLook[] all = [.. looks];
        Assert.Equal(all.Length, all.Select(look => look.Word).Distinct().Count());
        Assert.All(all, look => Assert.NotEmpty(look.Icon));
    }
}

using Lapse.Domain.JustInTime;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>Each move of a removal by its own method; from every other state it throws.</summary>
public class StandingRemovalMoveTests
{
    private static readonly DateTimeOffset Now = Samples.Now;
    private static readonly StepUpProofId Proof = UuidId.New<StepUpProofId>(Now);

    private static readonly (string Name, RemovalStatus[] From, Action<StandingRemoval> Do, RemovalStatus To)[] Moves =
    [
        ("announce", [RemovalStatus.Waiting], r => r.Announce(Now), RemovalStatus.Removing),
        ("refused", [RemovalStatus.Removing], r => r.Refused("no", Now), RemovalStatus.Waiting),
        ("gone", [RemovalStatus.Waiting, RemovalStatus.Removing], r => r.SeenGone(Now), RemovalStatus.Removed),
        ("changed", [RemovalStatus.Waiting, RemovalStatus.Removing], r => r.SeenChanged("other", Now), RemovalStatus.Changed),
        ("keep", [RemovalStatus.Waiting], r => r.Keep(Samples.Dana, Now), RemovalStatus.Kept),
        ("restore", [RemovalStatus.Removed], r => r.Restore(Samples.Dana, Proof, Now), RemovalStatus.Restoring),
        ("restored", [RemovalStatus.Restoring], r => r.SeenRestored("uid", Now), RemovalStatus.Restored),
        ("not restored", [RemovalStatus.Restoring], r => r.NotRestored("taken", Now), RemovalStatus.Removed),
    ];

    public static TheoryData<string> Names => [.. Moves.Select(move => move.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Move_FromEveryState_IsAsTheTableSays(string name)
    {
        var move = Moves.Single(one => one.Name == name);
        foreach (var from in Enum.GetValues<RemovalStatus>())
        {
            var removal = In(from);
            if (!move.From.Contains(from))
            {
                Assert.Throws<InvalidMoveException>(() => move.Do(removal));
                Assert.Equal(from, removal.Status);
                continue;
            }
            move.Do(removal);
            Assert.Equal(move.To, removal.Status);
        }
    }

    [Fact]
    public void Gone_BeforeItWasAnnounced_WasByHand()
    {
        var (byHand, byLapse) = (In(RemovalStatus.Waiting), In(RemovalStatus.Removing));
        byHand.SeenGone(Now);
        byLapse.SeenGone(Now);
        Assert.Equal((true, false), (byHand.RemovedByHand, byLapse.RemovedByHand));
    }

    [Fact]
    public void NotRestored_ForgetsTheProof()
    {
        var removal = In(RemovalStatus.Restoring);
        Assert.Equal(Proof, removal.RestoreProofId);
        removal.NotRestored("taken", Now);
        Assert.Null(removal.RestoreProofId);
    }

    [Fact]
    public void Message_ThatIsLong_IsCut()
    {
        var removal = In(RemovalStatus.Waiting);
        removal.Wait(new('x', 5000), lacksRight: true, Now);
        Assert.Equal((StandingRemoval.LongestMessage, true), (removal.Message.Length, removal.LacksRight));
    }

    [Fact]
    public void Row_IsForItsBindingAlone()
    {
        var reviewed = Binding("shop", "edit", "edit", "oidc:erin");
        var removal = In(RemovalStatus.Waiting);
        Assert.True(removal.IsFor(Samples.TheCluster, reviewed));
        Assert.False(removal.IsFor(UuidId.New<ClusterId>(Now), reviewed));
        Assert.False(removal.IsFor(Samples.TheCluster, Binding("shop", "other", "edit", "oidc:erin")));
        Assert.False(removal.IsFor(Samples.TheCluster, Binding("shop", "edit", "edit", "oidc:eve")));
        Assert.False(removal.IsFor(Samples.TheCluster, new(reviewed.Binding with { Uid = "another" })));
    }

    private static StandingRemoval In(RemovalStatus status)
    {
        var removal = StandingRemoval.Of(UuidId.New<ConfigurationChangeId>(Now), new(Samples.TheCluster, Samples.Entry(namespaces: ["shop"]), true, [Binding("shop", "edit", "edit", "oidc:erin")], []), Now)[0];
        if (status == RemovalStatus.Kept) removal.Keep(Samples.Dana, Now);
        if (status is RemovalStatus.Waiting or RemovalStatus.Kept) return removal;
        removal.Announce(Now);
        if (status == RemovalStatus.Changed) removal.SeenChanged("other", Now);
        if (status is RemovalStatus.Removing or RemovalStatus.Changed) return removal;
        removal.SeenGone(Now);
        if (status == RemovalStatus.Removed) return removal;
        removal.Restore(Samples.Dana, Proof, Now);
        if (status == RemovalStatus.Restored) removal.SeenRestored("uid", Now);
        return removal;
    }
}

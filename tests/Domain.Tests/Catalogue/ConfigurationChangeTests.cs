using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Catalogue;

public class ConfigurationChangeTests
{
    private static readonly Dictionary<string, Action<ConfigurationChange>> Moves = new()
    {
        ["proved"] = change => change.Proved(Proof(), Now),
        ["confirmed"] = change => change.Confirmed(Bob, Proof(), Now),
        ["withdrawn"] = change => change.Withdraw(Now),
        ["timed out"] = change => change.TimeOut(Now),
    };

    public static TheoryData<ChangeStatus, bool, string, ChangeStatus?> Every()
    {
        var data = new TheoryData<ChangeStatus, bool, string, ChangeStatus?>();
        foreach (var status in Enum.GetValues<ChangeStatus>())
            foreach (var second in (bool[])[false, true])
                foreach (var move in Moves.Keys)
                {
                    if (!second && status is (ChangeStatus.AwaitingSecondAdmin or ChangeStatus.TimedOut)) continue;
                    data.Add(status, second, move, (status, second, move) switch
                    {
                        (ChangeStatus.Draft, false, "proved") => ChangeStatus.Applied,
                        (ChangeStatus.Draft, true, "proved") => ChangeStatus.AwaitingSecondAdmin,
                        (ChangeStatus.AwaitingSecondAdmin, _, "confirmed") => ChangeStatus.Applied,
                        (ChangeStatus.Draft or ChangeStatus.AwaitingSecondAdmin, _, "withdrawn") => ChangeStatus.Withdrawn,
                        (ChangeStatus.AwaitingSecondAdmin, _, "timed out") => ChangeStatus.TimedOut,
                        _ => null,
                    });
                }
        return data;
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Move_FromEachState_GoesWhereTheDesignSaysOrThrowsAndChangesNothing(ChangeStatus status, bool second, string move, ChangeStatus? to)
    {
        var change = ChangeIn(status, second);
        Assert.Equal(status, change.Status);
        var before = Everything(change);

        if (to is { } expected)
        {
            Moves[move](change);
            Assert.Equal(expected, change.Status);
            var waits = expected is ChangeStatus.AwaitingSecondAdmin;
            Assert.Equal((waits, waits), (change.SettledAt is null, change.SealedSecret is not null));
            return;
        }

        Assert.Throws<InvalidMoveException>(() => Moves[move](change));
        Assert.Equal(before, Everything(change));
    }

    [Fact]
    public void Confirmed_ByItsAuthor_Throws()
    {
        var change = ChangeIn(ChangeStatus.AwaitingSecondAdmin, true);

        Assert.Throws<InvalidOperationException>(() => change.Confirmed(Alice, Proof(), Now));
        Assert.Equal((ChangeStatus.AwaitingSecondAdmin, null), (change.Status, change.ConfirmerId));
    }

    [Fact]
    public void Draft_BeforeAndAfter_AreKeptCanonical()
    {
        var change = ConfigurationChange.Draft(ChangeKind.Cluster, Guid.Empty, "t", new() { ["b"] = 1, ["a"] = 2 }, new() { ["z"] = "ü", ["y"] = null }, null, false, Alice, Now);

        Assert.Equal(("""{"a":2,"b":1}""", """{"y":null,"z":"ü"}"""), (change.Before, change.After));
    }

    [Fact]
    public void ExpiresAt_OfADraft_IsADayAndOfAProvedOneAWeekAhead()
    {
        Assert.Equal(Now + TimeSpan.FromDays(1), ChangeIn(ChangeStatus.Draft, true).ExpiresAt);
        Assert.Equal(Now + TimeSpan.FromDays(7), ChangeIn(ChangeStatus.AwaitingSecondAdmin, true).ExpiresAt);
    }

    private static ConfigurationChange ChangeIn(ChangeStatus status, bool second)
    {
        var change = ConfigurationChange.Draft(ChangeKind.Workflow, Guid.Empty, "Change a workflow", null, new JsonObject(), [1], second, Alice, Now);
        if (status == ChangeStatus.Withdrawn) change.Withdraw(Now);
        if (status is ChangeStatus.AwaitingSecondAdmin or ChangeStatus.TimedOut or ChangeStatus.Applied) change.Proved(Proof(), Now);
        if (status == ChangeStatus.Applied && second) change.Confirmed(Bob, Proof(), Now);
        if (status == ChangeStatus.TimedOut) change.TimeOut(Now);
        return change;
    }
}

using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Xunit;

namespace Lapse.Domain.Tests;

/// <summary>The tables of moves, written out here once more from the design: every state × every state.</summary>
public class StatusTableTests
{
    public static TheoryData<RequestStatus, RequestStatus, bool> RequestTable() => Every<RequestStatus>(
        "Draft→AwaitingApproval", "Draft→Approved", "Draft→Withdrawn", "AwaitingApproval→Approved", "AwaitingApproval→Denied",
        "AwaitingApproval→Withdrawn", "AwaitingApproval→TimedOut", "Approved→AwaitingApproval");

    public static TheoryData<GrantStatus, GrantStatus, bool> GrantTable() => Every<GrantStatus>(
        "Scheduled→Provisioning", "Scheduled→Ended", "Provisioning→Active", "Provisioning→Revoking", "Active→Revoking",
        "Revoking→Ended", "Revoking→Failed");

    public static TheoryData<ChangeStatus, ChangeStatus, bool> ChangeTable() => Every<ChangeStatus>(
        "Draft→AwaitingSecondAdmin", "Draft→Applied", "Draft→Withdrawn", "AwaitingSecondAdmin→Applied", "AwaitingSecondAdmin→Withdrawn", "AwaitingSecondAdmin→TimedOut");

    public static TheoryData<RemovalStatus, RemovalStatus, bool> RemovalTable() => Every<RemovalStatus>(
        "Waiting→Removing", "Waiting→Removed", "Waiting→Changed", "Waiting→Kept", "Removing→Waiting", "Removing→Removed", "Removing→Changed",
        "Removed→Restoring", "Restoring→Restored", "Restoring→Removed");

    [Theory]
    [MemberData(nameof(RemovalTable))]
    public void Table_OfRemovals_IsThatOfTheDesign(RemovalStatus from, RemovalStatus to, bool allowed) => Check(RemovalMoves.Table, from, to, allowed);

    [Theory]
    [MemberData(nameof(RequestTable))]
    public void Table_OfRequests_IsThatOfTheDesign(RequestStatus from, RequestStatus to, bool allowed) => Check(RequestMoves.Table, from, to, allowed);

    [Theory]
    [MemberData(nameof(GrantTable))]
    public void Table_OfGrants_IsThatOfTheDesign(GrantStatus from, GrantStatus to, bool allowed) => Check(GrantMoves.Table, from, to, allowed);

    [Theory]
    [MemberData(nameof(ChangeTable))]
    public void Table_OfChanges_IsThatOfTheDesign(ChangeStatus from, ChangeStatus to, bool allowed) => Check(ConfigurationChange.Moves, from, to, allowed);

    private static void Check<T>(StatusMoves<T> table, T from, T to, bool allowed) where T : struct, Enum
    {
        Assert.Equal(allowed, table.Allows(from, to));
        Assert.Equal(allowed, table.All.Contains((from, to)));
        if (allowed) Assert.Equal(to, table.Move(from, to));
        else Assert.Contains($"from {from} to {to}", Assert.Throws<InvalidMoveException>(() => table.Move(from, to)).Message, StringComparison.Ordinal);
    }

    private static TheoryData<T, T, bool> Every<T>(params string[] allowed) where T : struct, Enum
    {
        var data = new TheoryData<T, T, bool>();
        var found = 0;
        foreach (var from in Enum.GetValues<T>())
            foreach (var to in Enum.GetValues<T>())
            {
                var may = allowed.Contains($"{from}→{to}");
                found += may ? 1 : 0;
                data.Add(from, to, may);
            }
        // A misspelt move would otherwise read as a forbidden one.
        Assert.Equal(allowed.Length, found);
        return data;
    }
}

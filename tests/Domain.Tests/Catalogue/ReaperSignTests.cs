using Lapse.Domain.Catalogue;
using Xunit;

namespace Lapse.Domain.Tests.Catalogue;

public class ReaperSignTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 1, true, ReaperState.Working)]
    [InlineData(60, 5, true, ReaperState.Working)]
    [InlineData(60, 5, false, ReaperState.Failing)]
    [InlineData(60, 6, true, ReaperState.Silent)]
    // What failed long ago and fell silent is silent: the newer fact.
    [InlineData(60, 6, false, ReaperState.Silent)]
    // Its clock is the cluster's own, so that a sign out of the future says only that the clock was moved.
    [InlineData(60, -6, true, ReaperState.Working)]
    [InlineData(1, null, true, ReaperState.Working)]
    [InlineData(6, null, true, ReaperState.Silent)]
    public void Judge_BySignAndServersTime_IsAsSaid(int installedMinutesAgo, int? ranMinutesAgo, bool clean, ReaperState expected) => Assert.Equal(
        expected, ReaperSign.Judge(new(Now.AddMinutes(-installedMinutesAgo), ranMinutesAgo is { } ago ? Now.AddMinutes(-ago) : null, clean, ""), Now, everSeen: true));

    [Theory]
    [InlineData(false, ReaperState.None)]
    [InlineData(true, ReaperState.Silent)]
    public void Judge_NoSign_IsSilentOnlyWhereOneWas(bool everSeen, ReaperState expected) => Assert.Equal(expected, ReaperSign.Judge(null, Now, everSeen));
}

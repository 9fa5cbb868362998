using Lapse.Domain.StepUp;
using Xunit;

namespace Lapse.Domain.Tests.StepUp;

public class StepUpRequirementTests
{
    [Theory]
    [InlineData("", "pwd+otp", null, "pwd,otp", true)]
    [InlineData("", "pwd+otp", null, "otp,mfa,pwd", true)]
    [InlineData("", "pwd+otp", null, "pwd", false)]
    [InlineData("", "pwd+otp", null, "otp", false)]
    [InlineData("", "pwd+otp", null, "pwd+otp", false)]
    [InlineData("", "pwd+otp,hwk", null, "hwk", true)]
    [InlineData("", "mfa", null, "MFA", false)]
    [InlineData("a,b", "", "b", "", true)]
    [InlineData("a,b", "", "B", "", false)]
    [InlineData("a,b", "", null, "a", false)]
    [InlineData("a", "mfa", "c", "mfa", true)]
    [InlineData("a", "mfa", "a", "", true)]
    [InlineData("", "", "a", "mfa", false)]
    [InlineData("", "", null, "", false)]
    public void IsSatisfiedBy_AcrOrOneWholeSetOfAmr(string acrs, string amrs, string? acr, string amr, bool satisfied) =>
        Assert.Equal(satisfied, new StepUpRequirement(Split(acrs), Split(amrs)).IsSatisfiedBy(acr, Split(amr)));

    [Fact]
    public void IsSatisfiedBy_ARequirementOfEmptyTexts_IsSatisfiedByNothing()
    {
        Assert.False(new StepUpRequirement([""], ["", "+"]).IsSatisfiedBy("", [""]));
        Assert.False(new StepUpRequirement([], ["pwd+"]).IsSatisfiedBy("", ["pwd", ""]));
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}

using Lapse.Portal.Hosting;
using Microsoft.Extensions.Configuration;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>Everything that is wrong with the settings is said at once, each by its name, and nothing is thrown.</summary>
public sealed class StartChecksTests
{
    [Theory]
    [InlineData("Lapse:Mode", "Test")]
    [InlineData("Lapse:SignInLifetime", "soon")]
    [InlineData("Lapse:LeaveNotice", "5 s")]
    [InlineData("Lapse:Limits:StepUpsPerPerson", "many")]
    public void FindErrors_ValueNotOfItsKind_IsNamedBesideTheOthers(string setting, string value)
    {
        var errors = StartChecks.FindErrors(new ConfigurationBuilder().AddInMemoryCollection([new(setting, value), new("Lapse:Rbac:LookInterval", "never"), new("Lapse:PublicUrl", "https://lapse.example.com")]).Build());

        Assert.Single(errors, error => error.Contains($"'{setting}'", StringComparison.Ordinal));
        Assert.Single(errors, error => error.Contains("'Lapse:Rbac:LookInterval'", StringComparison.Ordinal));
        Assert.Contains("ConnectionStrings:Portal is not set.", errors);
        // What depends on the section that cannot be read is not guessed.
        Assert.DoesNotContain(errors, error => error.StartsWith("Lapse:Keys", StringComparison.Ordinal));
    }

    [Fact]
    public void FindErrors_UnreadableMode_IsNotTakenForTheSandbox()
    {
        var errors = StartChecks.FindErrors(new ConfigurationBuilder().AddInMemoryCollection([new("Lapse:Mode", "sand box"), new("ConnectionStrings:Portal", "Host=db;Password=lapse-sandbox")]).Build());

        Assert.Contains(errors, error => error.StartsWith("ConnectionStrings:Portal has the sandbox's password", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, error => error.Contains("lapse-sandbox", StringComparison.Ordinal));
    }
}

using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>Outside the sandbox <c>lapse serve</c> starts with nothing of the sandbox left over, with its keys, and never in plain http.</summary>
public sealed class ProductionStartTests : IDisposable
{
    private readonly ScratchFolder _keys = new();

    public ProductionStartTests()
    {
        MadeKeys.PutInto(_keys.Path);
        KeyFolder.Create(_keys.Path, DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Serve_NothingOfTheSandbox_GetsAsFarAsTheDatabase() =>
        Assert.StartsWith("The database does not answer", await RefusalAsync([]), StringComparison.Ordinal);

    // One sentence each, and no other: everything else is as it should be.
    [Theory]
    [InlineData("Lapse__Provider__ClientSecret", "lapse-sandbox", "make a new secret at your identity provider")]
    [InlineData("Lapse__Provider__Profile", "Sandbox", "set it to the profile of your own identity provider")]
    [InlineData("Lapse__Provider__Authority", "https://localhost:5443", "set it to the address of your own identity provider")]
    [InlineData("ConnectionStrings__Portal", "Host=127.0.0.1;Port=1;Username=lapse_portal;Password=lapse-sandbox", "write a new one there and run lapse migrate")]
    [InlineData("ConnectionStrings__Portal", "Host=127.0.0.1;Passwort=a-secret-of-the-database", "ConnectionStrings:Portal cannot be read")]
    [InlineData("Lapse__PublicUrl", "http://localhost:5080", "Lapse:PublicUrl must be https")]
    [InlineData("Lapse__ClusterStatusFile", "/tmp/cluster-status", "Lapse:ClusterStatusFile is for the sandbox only")]
    [InlineData("Lapse__Rbac__LookInterval", "00:00:01", "Lapse:Rbac:LookInterval must be between 10 seconds and a day")]
    [InlineData("Lapse__Rbac__LookInterval", "often", "Lapse:Rbac:LookInterval")]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0", "name the reverse proxies in front of it in Lapse:TrustedProxies")]
    public async Task Serve_OneDefaultOfTheSandbox_RefusesAndSaysWhatToDo(string setting, string value, string said)
    {
        var refusal = await RefusalAsync(new() { [setting] = value });

        Assert.Contains(said, refusal, StringComparison.Ordinal);
        Assert.Single(refusal.Split('\n'));
        Assert.DoesNotContain("a-secret-of-the-database", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_AllDefaultsOfTheSandbox_NamesEach()
    {
        var refusal = await RefusalAsync(new()
        {
            ["Lapse__Provider__ClientSecret"] = "lapse-sandbox",
            ["Lapse__Provider__Profile"] = "Sandbox",
            ["Lapse__Provider__Authority"] = "http://localhost:5081",
            ["Lapse__PublicUrl"] = "http://localhost:5080",
            ["ASPNETCORE_URLS"] = "http://localhost:5080",
        });

        Assert.All(["Provider:ClientSecret", "Provider:Profile", "Provider:Authority", "PublicUrl", "TrustedProxies"], setting => Assert.Contains($"Lapse:{setting}", refusal, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Serve_CertificateThatIsMissing_RefusesAndMakesNone()
    {
        var path = Path.Combine(_keys.Path, "data-protection.pfx");
        File.Delete(path);

        var refusal = await RefusalAsync([]);
        Assert.StartsWith($"The key {path} is missing", refusal, StringComparison.Ordinal);
        Assert.Contains("lapse keys create", refusal, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Serve_KeyFolderThatIsMissing_RefusesAndMakesNone()
    {
        var folder = Path.Combine(_keys.Path, "nowhere");

        Assert.Contains("is missing", await RefusalAsync(new() { ["Lapse__Keys"] = folder }), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    public void Dispose() => _keys.Dispose();

    private async Task<string> RefusalAsync(Dictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Portal"] = "Host=127.0.0.1;Port=1;Username=lapse_portal;Password=a-secret-of-the-database",
            ["ASPNETCORE_URLS"] = "https://127.0.0.1:0",
            ["Lapse__Mode"] = "Production",
            ["Lapse__PublicUrl"] = "https://lapse.example.com",
            ["Lapse__Keys"] = _keys.Path,
            ["Lapse__Provider__Authority"] = "https://login.example.com",
            ["Lapse__Provider__ClientId"] = "lapse",
            ["Lapse__Provider__ClientSecret"] = "a-secret-of-the-provider",
            ["Lapse__Provider__Profile"] = "Keycloak",
        };
        foreach (var (name, value) in settings) environment[name] = value;
        var (code, said, errors) = await LapseVerb.RunAsync(["serve"], environment, TestContext.Current.CancellationToken);
        Assert.Equal((2, ""), (code, said));
        return errors;
    }
}

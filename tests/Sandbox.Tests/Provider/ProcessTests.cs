using System.Diagnostics;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Xunit;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>The provider as a process: what it keeps, how it starts and ends.</summary>
public sealed class ProcessTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _folder = Directory.CreateTempSubdirectory("lapse-provider-").FullName;
    private readonly HttpClient _http = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Restart_KeepsKeysSessionsAndTokens()
    {
        var person = People.Somebody();
        var request = new AuthorizationRequest(ProviderClient.Kubernetes, "http://localhost:8000/");
        IdentityProviderOptions options;
        ProviderBrowser browser;
        string keys, authority, token;
        await using (var first = await StartAsync(person))
        {
            options = first.Options;
            browser = new ProviderBrowser(first.Address);
            using var client = new ProviderClient(first);
            var callback = await browser.SignInAsync(request.Address(client.AuthorizationEndpoint), person, Cancel);
            token = (await client.RedeemAsync(request, callback, null, Cancel)).GetProperty("id_token").GetString()!;
            keys = await KeysAsync(first);
            authority = await File.ReadAllTextAsync(first.AuthorityFile, Cancel);
        }

        using var signedIn = browser;
        await using var second = await IdentityProviderProcess.StartAsync(options, Cancel);
        using var again = new ProviderClient(second);
        var page = await browser.OpenAsync(request.Address(again.AuthorizationEndpoint), Cancel);
        var logout = await browser.OpenAsync(
            AuthorizationRequest.Query(new Uri(second.Address, "connect/logout"), new Dictionary<string, string> { ["id_token_hint"] = token }), Cancel);

        Assert.Equal(keys, await KeysAsync(second));
        Assert.Equal(authority, await File.ReadAllTextAsync(second.AuthorityFile, Cancel));
        Assert.True(page.IsAway);
        Assert.Contains("You are signed out", logout.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Https_IsTrustedWithTheAuthorityAndItsDiscoveryStaysOnHttps()
    {
        await using var provider = await StartAsync();
        using var authority = X509CertificateLoader.LoadCertificateFromFile(provider.AuthorityFile);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        using var trusting = new HttpClient(handler);

        foreach (var host in new[] { "localhost", "127.0.0.1" })
        {
            var address = new UriBuilder(new Uri(provider.Issuer, ".well-known/openid-configuration")) { Host = host }.Uri;
            var discovery = await trusting.GetFromJsonAsync<JsonElement>(address, Cancel);
            Assert.Equal(provider.Issuer.AbsoluteUri, discovery.GetProperty("issuer").GetString());
            Assert.StartsWith($"https://{host}:", discovery.GetProperty("jwks_uri").GetString(), StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(provider.Issuer, Cancel));
    }

    [Fact]
    public async Task PrivateKeys_AreReadableByTheirOwnerOnly()
    {
        await using var provider = await StartAsync();

        foreach (var name in new[] { "signing-key.pem", "provider-ca.key", "provider-server.key" })
            Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_folder, name)));
    }

    [Fact]
    public async Task PeopleFile_BrokenWhileRunning_LeavesThePeopleAsTheyWere()
    {
        var person = People.Somebody("developers");
        await using var provider = await StartAsync(person);
        var good = await File.ReadAllTextAsync(provider.PeopleFile, Cancel);
        using var client = new ProviderClient(provider.Address, _ => person);

        await File.WriteAllTextAsync(provider.PeopleFile, good[..^20], Cancel);
        var during = await client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel);
        await File.WriteAllTextAsync(provider.PeopleFile, "[]", Cancel);

        Assert.NotEmpty(during);
        await Assert.ThrowsAsync<SandboxException>(() => client.IdTokenAsync(person.UserName, mfa: false, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Start_OnAPortInUse_SaysSoInASentence()
    {
        await using var provider = await StartAsync();

        var e = await Assert.ThrowsAsync<SandboxException>(() => IdentityProviderProcess.StartAsync(
            new IdentityProviderOptions { Folder = Path.Combine(_folder, "other"), HttpPort = provider.Options.HttpPort }, Cancel));

        Assert.Contains("The sandbox's provider cannot start", e.Message, StringComparison.Ordinal);
        Assert.Contains("address already in use", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitWithParent_WhenStandardInputCloses_PrintsReadyAndEnds()
    {
        var people = Path.Combine(_folder, "people.json");
        SandboxPeople.Write(people, [People.Somebody()]);
        var (http, https) = (Ports.Free(), Ports.Free());
        using var process = Process.Start(new ProcessStartInfo("dotnet", [IdentityProviderProcess.AssemblyFile()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment =
            {
                ["Provider__HttpPort"] = $"{http}",
                ["Provider__HttpsPort"] = $"{https}",
                ["Provider__Data"] = _folder,
                ["Provider__People"] = people,
                ["Provider__ExitWithParent"] = "true",
            },
        })!;

        var ready = await process.StandardOutput.ReadLineAsync(Cancel);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Cancel);

        Assert.Equal($"provider ready http=http://localhost:{http} https=https://localhost:{https}", ready);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void PeopleOfTheSandbox_AreThoseOfTheReadme()
    {
        var people = SandboxPeople.Read(Path.Combine(Checkout(), "sandbox", "people.json"));

        Assert.Equal(["alice", "bob", "carol", "dana", "dave", "erin", "sam"], people.Select(p => p.UserName));
        Assert.All(people, p => Assert.Equal(p.UserName, p.Password));
        Assert.Equal(["erin"], people.Where(p => p.Totp is null).Select(p => p.UserName));
        Assert.All(people.Where(p => p.Totp is not null), p => Assert.Matches("^[0-9]{6}$", AuthenticatorApp.Code(p.Totp!)));
        Assert.Equal(["developers", "lapse-admins", "lapse-auditors", "sre"], people.SelectMany(p => p.Groups).Distinct().Order());
    }

    private static string Checkout() =>
        Path.GetFullPath(Path.Combine(IdentityProviderProcess.AssemblyFile(), "..", "..", "..", "..", "..", ".."));

    private Task<IdentityProviderProcess> StartAsync(params SandboxPerson[] people) =>
        IdentityProviderProcess.StartAsync(new IdentityProviderOptions { Folder = _folder, People = people }, Cancel);

    private Task<string> KeysAsync(IdentityProviderProcess provider) =>
        _http.GetStringAsync(new Uri(provider.Address, ".well-known/jwks"), Cancel);
}

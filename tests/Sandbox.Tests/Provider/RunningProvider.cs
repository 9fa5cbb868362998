using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Lapse.Sandbox.Tests.Provider;
using Xunit;

[assembly: AssemblyFixture(typeof(RunningProvider))]

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>One provider process for all tests; each test brings people of its own, since a one-time code is good for once.</summary>
public sealed class RunningProvider : IAsyncLifetime
{
    public const string Portal = "http://localhost:5999";
    public const string Secret = "a secret of these tests";
    public const string SignInCallback = Portal + "/signin-oidc";
    public const string StepUpCallback = Portal + "/step-up/callback";
    public const string Password = "urn:lapse:pwd";
    public const string Mfa = "urn:lapse:mfa";

    private readonly string _folder = Directory.CreateTempSubdirectory("lapse-provider-").FullName;

    public IdentityProviderProcess Process { get; private set; } = null!;

    public ProviderClient Client { get; private set; } = null!;

    public HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    public async ValueTask InitializeAsync()
    {
        Process = await IdentityProviderProcess.StartAsync(
            new IdentityProviderOptions { Folder = _folder, PortalUrls = ["http://localhost:5998", Portal + "/"], ClientSecret = Secret },
            TestContext.Current.CancellationToken);
        Client = new ProviderClient(Process);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Client.Dispose();
        await Process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Seeds somebody new.</summary>
    public SandboxPerson Somebody(params string[] groups)
    {
        var person = People.Somebody(groups);
        Process.Put(person);
        return person;
    }

    public ProviderBrowser Browser() => new(Process.Address);

    /// <summary>A request of the portal.</summary>
    public static AuthorizationRequest Request(params (string Name, string Value)[] parameters)
    {
        var request = new AuthorizationRequest("lapse", SignInCallback);
        foreach (var (name, value) in parameters)
            request.Parameters[name] = value;
        return request;
    }

    public Uri Address(AuthorizationRequest request) => request.Address(Client.AuthorizationEndpoint);

    /// <summary>Exchanges the code in a callback and reads the ID token, whose signature is checked.</summary>
    public async Task<IdToken> TokenAsync(AuthorizationRequest request, Uri callback)
    {
        var tokens = await Client.RedeemAsync(request, callback, Secret, TestContext.Current.CancellationToken);
        return await ReadAsync(tokens.GetProperty("id_token").GetString()!);
    }

    public async Task<IdToken> ReadAsync(string token) =>
        IdToken.Read(token, await Http.GetFromJsonAsync<JsonElement>(new Uri(Process.Address, ".well-known/jwks"), TestContext.Current.CancellationToken));
}

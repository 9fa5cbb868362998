using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using Xunit;
using static Lapse.Sandbox.Tests.Provider.RunningProvider;

namespace Lapse.Sandbox.Tests.Provider;

/// <summary>What every relying party counts on: registered addresses, PKCE, single-use codes, PAR, logout, discovery.</summary>
public sealed class ProtocolTests(RunningProvider provider)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Authorize_WithAnUnregisteredRedirect_IsRefusedOnAPage()
    {
        using var browser = provider.Browser();

        var page = await browser.OpenAsync(provider.Address(Request(("redirect_uri", "http://localhost:5999/elsewhere"))), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("redirect_uri", page.Html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:5998/signin-oidc")]
    [InlineData(StepUpCallback)]
    public async Task Authorize_WithARegisteredRedirect_AsksForThePassword(string redirect)
    {
        using var browser = provider.Browser();

        Assert.True((await browser.OpenAsync(provider.Address(Request(("redirect_uri", redirect))), Cancel)).AsksPassword);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("plain")]
    public async Task Authorize_WithoutHashedPkce_IsRefused(string? method)
    {
        using var browser = provider.Browser();
        var request = Request(("code_challenge_method", method ?? ""));
        if (method is null)
        {
            request.Parameters.Remove("code_challenge");
            request.Parameters.Remove("code_challenge_method");
        }

        var page = await browser.OpenAsync(provider.Address(request), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.Contains("code_challenge", page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_RedeemedTwice_IsRefused()
    {
        var (request, callback) = await CallbackAsync();
        await provider.TokenAsync(request, callback);

        var e = await Assert.ThrowsAsync<SandboxException>(() => provider.TokenAsync(request, callback));

        Assert.Contains("invalid_grant", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_WithAnotherVerifier_IsRefused()
    {
        var (request, callback) = await CallbackAsync();
        var other = Request(("state", request.Parameters["state"]));

        var e = await Assert.ThrowsAsync<SandboxException>(() => provider.TokenAsync(other, callback));

        Assert.Contains("invalid_grant", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("wrong")]
    public async Task Code_WithoutTheClientsSecret_IsRefused(string? secret)
    {
        var (request, callback) = await CallbackAsync();

        var e = await Assert.ThrowsAsync<SandboxException>(() => provider.Client.RedeemAsync(request, callback, secret, Cancel));

        Assert.Contains("invalid_client", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubernetes_Token_HasItsOwnAudience()
    {
        var person = provider.Somebody("developers");

        var token = await provider.ReadAsync(await provider.Client.IdTokenAsync(person.UserName, mfa: true, cancellationToken: Cancel));

        Assert.Equal("kubernetes", token.Text("aud"));
        Assert.Equal(person.UserName, token.Text("preferred_username"));
        Assert.Equal(["developers"], token.Array("groups"));
        Assert.Equal(Mfa, token.Text("acr"));
    }

    [Fact]
    public async Task PushedRequest_WithFreshMfa_LeadsToACodeOnce()
    {
        var person = provider.Somebody("developers");
        var request = Request(("prompt", "login"), ("max_age", "0"), ("acr_values", Mfa));
        var discovery = await DiscoveryAsync();
        var form = new Dictionary<string, string>(request.Parameters) { ["client_secret"] = Secret };
        using var pushed = await provider.Http.PostAsync(
            discovery.GetProperty("pushed_authorization_request_endpoint").GetString(), new FormUrlEncodedContent(form), Cancel);
        Assert.Equal(HttpStatusCode.Created, pushed.StatusCode);
        var uri = (await pushed.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("request_uri").GetString()!;
        var address = AuthorizationRequest.Query(
            provider.Client.AuthorizationEndpoint, new Dictionary<string, string> { ["client_id"] = "lapse", ["request_uri"] = uri });
        using var browser = provider.Browser();

        var token = await provider.TokenAsync(request, await browser.SignInAsync(address, person, Cancel));

        Assert.Equal(Mfa, token.Text("acr"));
        Assert.Equal(request.Parameters["nonce"], token.Text("nonce"));
        Assert.False((await browser.OpenAsync(address, Cancel)).Address.Query.Contains("code=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FormPost_AfterASignIn_CarriesTheCodeInAForm()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var page = await browser.OpenAsync(provider.Address(Request(("response_mode", "form_post"), ("max_age", "0"))), Cancel);

        page = await browser.PasswordAsync(page, person.UserName, person.Password, Cancel);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains($"action=\"{SignInCallback}\"", page.Html, StringComparison.Ordinal);
        Assert.NotEmpty(page.HiddenFields["code"]);
    }

    [Fact]
    public async Task Authorize_ByPost_WorksLikeByGet()
    {
        using var response = await provider.Http.PostAsync(
            provider.Client.AuthorizationEndpoint, new FormUrlEncodedContent(Request(("max_age", "0")).Parameters), Cancel);

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.StartsWith("/sign-in?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_EndsTheSessionAndReturnsToTheClient()
    {
        var person = provider.Somebody();
        using var browser = provider.Browser();
        var request = Request();
        var callback = await browser.SignInAsync(provider.Address(request), person, Cancel);
        var tokens = await provider.Client.RedeemAsync(request, callback, Secret, Cancel);

        var page = await browser.OpenAsync(Logout(Portal + "/signed-out", tokens.GetProperty("id_token").GetString()), Cancel);

        Assert.StartsWith(Portal + "/signed-out?state=s", page.Address.AbsoluteUri, StringComparison.Ordinal);
        Assert.True((await browser.OpenAsync(provider.Address(Request()), Cancel)).AsksPassword);
    }

    [Fact]
    public async Task Logout_ToAnUnregisteredAddress_IsRefused()
    {
        using var browser = provider.Browser();

        var page = await browser.OpenAsync(Logout("https://evil.example/", null), Cancel);

        Assert.False(page.IsAway);
        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
    }

    [Fact]
    public async Task UserInfo_WithTheAccessToken_TellsThePerson()
    {
        var person = provider.Somebody("developers");
        using var browser = provider.Browser();
        var request = Request();
        var tokens = await provider.Client.RedeemAsync(request, await browser.SignInAsync(provider.Address(request), person, Cancel), Secret, Cancel);
        using var question = new HttpRequestMessage(HttpMethod.Get, new Uri(provider.Process.Address, "connect/userinfo"));
        question.Headers.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());

        using var answer = await provider.Http.SendAsync(question, Cancel);
        var claims = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);

        Assert.Equal(person.Sub, claims.GetProperty("sub").GetString());
        Assert.Equal("developers", claims.GetProperty("groups")[0].GetString());
    }

    [Fact]
    public async Task UserInfo_WithoutToken_IsRefused()
    {
        using var answer = await provider.Http.GetAsync(new Uri(provider.Process.Address, "connect/userinfo"), Cancel);

        Assert.False(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Discovery_OverHttp_HasTheHttpsIssuerAndHttpEndpoints()
    {
        var discovery = await DiscoveryAsync();

        Assert.Equal(provider.Process.Issuer.AbsoluteUri, discovery.GetProperty("issuer").GetString());
        foreach (var name in new[] { "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint" })
            Assert.StartsWith(provider.Process.Address.AbsoluteUri, discovery.GetProperty(name).GetString(), StringComparison.Ordinal);
        Assert.Contains(Mfa, discovery.GetProperty("acr_values_supported").EnumerateArray().Select(v => v.GetString()));
        Assert.True(discovery.GetProperty("claims_parameter_supported").GetBoolean());
        Assert.Equal(["S256"], discovery.GetProperty("code_challenge_methods_supported").EnumerateArray().Select(v => v.GetString()));
    }

    [Fact]
    public async Task Pages_AllowOnlyTheirOwnScriptAndNoFrame()
    {
        using var answer = await provider.Http.GetAsync(new Uri(provider.Process.Address, "signed-out"), Cancel);

        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
    }

    private Uri Logout(string to, string? hint)
    {
        var parameters = new Dictionary<string, string> { ["client_id"] = "lapse", ["post_logout_redirect_uri"] = to, ["state"] = "s" };
        if (hint is not null)
            parameters["id_token_hint"] = hint;
        return AuthorizationRequest.Query(new Uri(provider.Process.Address, "connect/logout"), parameters);
    }

    private async Task<(AuthorizationRequest Request, Uri Callback)> CallbackAsync()
    {
        using var browser = provider.Browser();
        var request = Request();
        var callback = await browser.SignInAsync(provider.Address(request), provider.Somebody(), Cancel);
        Assert.NotNull(HttpUtility.ParseQueryString(callback.Query)["code"]);
        return (request, callback);
    }

    private Task<JsonElement> DiscoveryAsync() =>
        provider.Http.GetFromJsonAsync<JsonElement>(new Uri(provider.Process.Address, ".well-known/openid-configuration"), Cancel);
}

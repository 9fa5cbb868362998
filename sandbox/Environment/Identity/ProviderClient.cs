using System.Net.Http.Json;
using System.Text.Json;
using System.Web;

namespace Lapse.Sandbox;

/// <summary>Gets tokens for the sandbox's people by the same flow that a browser and kubectl go through; there is no back door.</summary>
/// <param name="provider">The provider's address for browsers.</param>
/// <param name="person">Finds somebody by user name.</param>
public sealed class ProviderClient(Uri provider, Func<string, SandboxPerson> person) : IDisposable
{
    /// <summary>The client of kubectl: the audience that the sandbox's API server trusts.</summary>
    public const string Kubernetes = "kubernetes";

    /// <summary>The class of a sign-in with a one-time code (<c>acr</c>).</summary>
    public const string Mfa = "urn:lapse:mfa";

    private const string KubectlRedirect = "http://localhost:8000/";
    private readonly HttpClient _http = new();

    /// <summary>Gets tokens from a provider of this sandbox.</summary>
    public ProviderClient(IdentityProviderProcess provider)
        : this(provider.Address, provider.Person)
    {
    }

    /// <summary>The authorization endpoint.</summary>
    public Uri AuthorizationEndpoint => new(provider, "connect/authorize");

    /// <summary>The token endpoint.</summary>
    public Uri TokenEndpoint => new(provider, "connect/token");

    /// <summary>Signs a person in, in a browser of its own, and returns the ID token.</summary>
    /// <param name="userName">Who.</param>
    /// <param name="mfa">With a one-time code.</param>
    /// <param name="clientId">The client, which becomes the audience.</param>
    /// <param name="clientSecret">Its secret; none for <see cref="Kubernetes"/>.</param>
    /// <param name="redirectUri">One of the client's redirect addresses; nobody has to listen there.</param>
    /// <param name="cancellationToken">Ends it; a used one-time code can cost half a minute.</param>
    /// <exception cref="SandboxException">The provider refused.</exception>
    public async Task<string> IdTokenAsync(
        string userName,
        bool mfa,
        string clientId = Kubernetes,
        string? clientSecret = null,
        string redirectUri = KubectlRedirect,
        CancellationToken cancellationToken = default)
    {
        using var browser = new ProviderBrowser(provider);
        var request = new AuthorizationRequest(clientId, redirectUri);
        if (mfa)
            request.Parameters["acr_values"] = Mfa;
        var callback = await browser.SignInAsync(request.Address(AuthorizationEndpoint), person(userName), cancellationToken);
        var tokens = await RedeemAsync(request, callback, clientSecret, cancellationToken);
        return tokens.GetProperty("id_token").GetString()!;
    }

    /// <summary>Exchanges the code of a callback for tokens.</summary>
    /// <returns>The token endpoint's answer.</returns>
    /// <exception cref="SandboxException">The callback or the endpoint says an error.</exception>
    public async Task<JsonElement> RedeemAsync(
        AuthorizationRequest request, Uri callback, string? clientSecret, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(callback);
        var answer = HttpUtility.ParseQueryString(callback.Query);
        if (answer["code"] is not { } code)
            throw new SandboxException($"The provider answered {answer["error"]}: {answer["error_description"]}");
        if (answer["state"] != request.Parameters["state"])
            throw new SandboxException("The provider answered another request.");

        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = request.ClientId,
            ["redirect_uri"] = request.RedirectUri,
            ["code_verifier"] = request.Verifier,
            ["code"] = code,
        };
        if (clientSecret is not null)
            form["client_secret"] = clientSecret;
        using var response = await _http.PostAsync(TokenEndpoint, new FormUrlEncodedContent(form), cancellationToken);
        var tokens = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return response.IsSuccessStatusCode
            ? tokens
            : throw new SandboxException($"The provider refused the code: {tokens.GetProperty("error").GetString()}");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}

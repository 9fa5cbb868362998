using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Lapse.Sandbox;

/// <summary>A request for an authorization code with PKCE (OpenID Connect Core 1.0, RFC 7636), with a verifier and a nonce of its own.</summary>
public sealed class AuthorizationRequest
{
    /// <summary>Makes a request with the parameters that every one needs; the rest is added to <see cref="Parameters"/>.</summary>
    public AuthorizationRequest(string clientId, string redirectUri)
    {
        ClientId = clientId;
        RedirectUri = redirectUri;
        Parameters = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["client_id"] = clientId,
            ["redirect_uri"] = redirectUri,
            ["response_type"] = "code",
            ["scope"] = "openid profile email groups",
            ["state"] = Random(),
            ["nonce"] = Random(),
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
            ["code_challenge_method"] = "S256",
        };
    }

    /// <summary>The client.</summary>
    public string ClientId { get; }

    /// <summary>Where the provider sends the browser back to.</summary>
    public string RedirectUri { get; }

    /// <summary>The PKCE verifier, which goes to the token endpoint only.</summary>
    public string Verifier { get; } = Random();

    /// <summary>Everything that goes to the authorization endpoint.</summary>
    public Dictionary<string, string> Parameters { get; }

    /// <summary>The address to open.</summary>
    /// <param name="endpoint">The authorization endpoint.</param>
    public Uri Address(Uri endpoint) => Query(endpoint, Parameters);

    /// <summary>An address with parameters.</summary>
    public static Uri Query(Uri endpoint, IEnumerable<KeyValuePair<string, string>> parameters) =>
        new($"{endpoint}?{string.Join('&', parameters.Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value)}"))}");

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

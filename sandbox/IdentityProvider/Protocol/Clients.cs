using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>The applications that may send people here.</summary>
public static class Clients
{
    /// <summary>The scope and the claim of a person's groups.</summary>
    public const string GroupsScope = "groups";

    /// <summary>The portal: confidential, and trusted by no API server.</summary>
    public const string Lapse = "lapse";

    /// <summary>What kubectl signs in with: public, and the audience that the sandbox's API server trusts.</summary>
    public const string Kubernetes = "kubernetes";

    /// <summary>The addresses that <c>kubectl oidc-login</c> listens on.</summary>
    private static readonly string[] KubectlRedirects = ["http://localhost:8000/", "http://localhost:18000/"];

    /// <summary>Every client, as the options say.</summary>
    public static IReadOnlyList<OpenIddictApplicationDescriptor> All(ProviderOptions options)
    {
        var lapse = Client(Lapse, "Lapse", ClientTypes.Confidential);
        lapse.ClientSecret = options.ClientSecret;
        foreach (var portal in options.Portals())
        {
            lapse.RedirectUris.Add(new Uri(portal + "/signin-oidc"));
            lapse.RedirectUris.Add(new Uri(portal + "/step-up/callback"));
            lapse.PostLogoutRedirectUris.Add(new Uri(portal + "/signout-callback-oidc"));
            lapse.PostLogoutRedirectUris.Add(new Uri(portal + "/signed-out"));
        }

        var kubernetes = Client(Kubernetes, "kubectl", ClientTypes.Public);
        foreach (var address in KubectlRedirects)
            kubernetes.RedirectUris.Add(new Uri(address));
        return [lapse, kubernetes];
    }

    private static OpenIddictApplicationDescriptor Client(string id, string name, string type) => new()
    {
        ClientId = id,
        DisplayName = name,
        ClientType = type,
        ConsentType = ConsentTypes.Implicit,
        Permissions =
        {
            Permissions.Endpoints.Authorization,
            Permissions.Endpoints.EndSession,
            Permissions.Endpoints.PushedAuthorization,
            Permissions.Endpoints.Token,
            Permissions.GrantTypes.AuthorizationCode,
            Permissions.ResponseTypes.Code,
            Permissions.Scopes.Email,
            Permissions.Scopes.Profile,
            Permissions.Prefixes.Scope + GroupsScope,
        },
        Requirements = { Requirements.Features.ProofKeyForCodeExchange },
    };
}

using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>Puts the OpenID Connect server together.</summary>
public static class OpenIddictSetup
{
    /// <summary>The authorization endpoint.</summary>
    public const string Authorize = "/connect/authorize";

    /// <summary>The token endpoint.</summary>
    public const string Token = "/connect/token";

    /// <summary>The userinfo endpoint.</summary>
    public const string UserInfo = "/connect/userinfo";

    /// <summary>The end session endpoint.</summary>
    public const string EndSession = "/connect/logout";

    private const string PushedAuthorization = "/connect/par";

    // Long enough for a story with kubectl; the provider gives no refresh tokens.
    private static readonly TimeSpan IdentityTokenLife = TimeSpan.FromHours(1);

    /// <summary>Adds the server. Codes and tokens live in memory; a restart forgets them, but not the signing key.</summary>
    public static void AddProvider(this IServiceCollection services, ProviderOptions options, SecurityKey signingKey)
    {
        services.AddDbContext<DbContext>(o => o.UseInMemoryDatabase("provider").UseOpenIddict());
        services.AddOpenIddict()
            .AddCore(o => o.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(o =>
            {
                // One issuer for both listeners; the endpoints in the discovery document are those of the listener asked.
                o.SetIssuer(options.Issuer);
                o.SetAuthorizationEndpointUris(Authorize)
                    .SetTokenEndpointUris(Token)
                    .SetUserInfoEndpointUris(UserInfo)
                    .SetEndSessionEndpointUris(EndSession)
                    .SetPushedAuthorizationEndpointUris(PushedAuthorization);
                o.AllowAuthorizationCodeFlow().RequireProofKeyForCodeExchange();
                o.Configure(server => server.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain));
                o.RegisterScopes(Scopes.Profile, Scopes.Email, Clients.GroupsScope);
                o.RegisterClaims(
                    Claims.Subject, Claims.Name, Claims.PreferredUsername, Claims.Email, Claims.EmailVerified, Clients.GroupsScope,
                    Claims.AuthenticationTime, Claims.AuthenticationContextReference, Claims.AuthenticationMethodReference);
                o.SetIdentityTokenLifetime(IdentityTokenLife);
                o.AddSigningKey(signingKey).AddEphemeralEncryptionKey();
                o.UseAspNetCore()
                    .DisableTransportSecurityRequirement()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableTokenEndpointPassthrough()
                    .EnableUserInfoEndpointPassthrough()
                    .EnableEndSessionEndpointPassthrough()
                    .EnableStatusCodePagesIntegration();
                o.AddEventHandler<HandleConfigurationRequestContext>(h => h
                    .UseInlineHandler(context =>
                    {
                        context.Metadata["acr_values_supported"] = new JsonArray([.. Levels.All.Select(l => JsonValue.Create(l))]);
                        context.Metadata[Metadata.ClaimsParameterSupported] = true;
                        return default;
                    })
                    .SetOrder(int.MaxValue));
            });
    }

    /// <summary>Registers the clients.</summary>
    public static async Task AddClientsAsync(this IServiceProvider services, ProviderOptions options)
    {
        await using var scope = services.CreateAsyncScope();
        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        foreach (var client in Clients.All(options))
            await applications.CreateAsync(client);
    }
}

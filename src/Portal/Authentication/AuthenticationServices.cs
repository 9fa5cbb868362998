using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Lapse.Portal.Authentication;

/// <summary>Registers signing in, sessions and step-up.</summary>
public static class AuthenticationServices
{
    /// <summary>
    /// Registers the three schemes, the guard of use cases, the step-up engine and the circuits' authentication state. Call it after
    /// <c>AddRazorComponents().AddInteractiveServerComponents()</c>. Needs <c>AddLapseKeys</c>, <c>AddLapseOidc</c>, a <see cref="TimeProvider"/>
    /// and one <see cref="IStepUpActHandler"/> for each kind of act that is begun.
    /// </summary>
    public static IServiceCollection AddLapseAuthentication(this IServiceCollection services, IConfiguration configuration)
    {
        var portal = configuration.Portal();
        var https = portal.PublicUrl?.Scheme == Uri.UriSchemeHttps;
        services.AddSingleton(portal.PortalGroups);
        services.AddSingleton(new SignInLifetime(portal.SignInLifetime));
        services.AddSingleton(new SignInCheck(portal.SignInCheck));
        services.TryAddSingleton<ActorGuard>();
        services.AddSingleton<SignIn>();
        services.AddScoped<CookieEvents>();
        services.AddScoped<SignInEvents>();
        services.AddScoped<AuthenticationStateProvider, CircuitAuthentication>();
        services.AddSingleton(portal.Limits);
        // The limits themselves stand where the requests pass; this is what counts them.
        services.AddRateLimiter(_ => { });
        services.AddLapseStepUp();
        services.AddHttpContextAccessor();
        services.AddAntiforgery(options => Shape(options.Cookie, https, https ? "__Host-lapse.antiforgery" : "lapse.antiforgery"));

        services.AddAuthentication(options => (options.DefaultScheme, options.DefaultChallengeScheme) = (Schemes.Cookie, Schemes.Cookie))
            .AddCookie(Schemes.Cookie, options => Cookie(options, https, portal.SignInLifetime))
            .AddOpenIdConnect(Schemes.SignIn, options => SignInScheme(options, https))
            .AddOpenIdConnect(Schemes.StepUp, options => StepUpScheme(options, https));
        services.AddSingleton<IConfigureOptions<OpenIdConnectOptions>, ProviderConfiguration>();
        services.AddAuthorization();
        return services;
    }

    private static void Cookie(CookieAuthenticationOptions options, bool https, TimeSpan lifetime)
    {
        // The prefix __Host- makes browsers refuse the cookie from any other host or path (RFC 6265bis, section 4.1.3.2).
        Shape(options.Cookie, https, https ? "__Host-lapse" : "lapse");
        options.ExpireTimeSpan = lifetime;
        options.SlidingExpiration = false;
        options.LoginPath = "/sign-in";
        options.AccessDeniedPath = "/denied";
        options.ReturnUrlParameter = "returnUrl";
        options.EventsType = typeof(CookieEvents);
    }

    private static void SignInScheme(OpenIdConnectOptions options, bool https)
    {
        Common(options, https, "lapse.sign-in");
        options.CallbackPath = Schemes.SignInCallback;
        options.SignedOutCallbackPath = Schemes.SignOutCallback;
        options.SignedOutRedirectUri = "/signed-out";
        options.SignInScheme = Schemes.Cookie;
        options.EventsType = typeof(SignInEvents);
    }

    private static void StepUpScheme(OpenIdConnectOptions options, bool https)
    {
        Common(options, https, "lapse.step-up");
        options.CallbackPath = Schemes.StepUpCallback;
        // Two schemes must not answer at one path; these are never asked for.
        options.SignedOutCallbackPath = "/step-up/signed-out";
        options.RemoteSignOutPath = "/step-up/remote-sign-out";
        // No such scheme exists: should a step-up ever get as far as signing in, it fails.
        options.SignInScheme = "step-up-never-signs-in";
        options.RemoteAuthenticationTimeout = StepUpChallenge.Lifetime;
        options.EventsType = typeof(StepUpEvents);
    }

    private static void Common(OpenIdConnectOptions options, bool https, string cookies)
    {
        options.ResponseType = OpenIdConnectResponseType.Code;
        // A form post would need SameSite=None cookies, which browsers send over http nowhere but on localhost.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.MapInboundClaims = false;
        options.SaveTokens = false;
        options.GetClaimsFromUserInfoEndpoint = false;
        options.DisableTelemetry = true;
        options.BackchannelTimeout = TimeSpan.FromSeconds(15);
        // The default actions delete claims that are looked at, acr among them.
        options.ClaimActions.Clear();
        options.TokenValidationParameters.ValidAlgorithms = TokenVerifier.Algorithms;
        options.TokenValidationParameters.NameClaimType = "name";
        Shape(options.CorrelationCookie, https, $"{cookies}.c.");
        Shape(options.NonceCookie, https, $"{cookies}.n.");
    }

    private static void Shape(CookieBuilder cookie, bool https, string name)
    {
        cookie.Name = name;
        cookie.HttpOnly = true;
        cookie.IsEssential = true;
        cookie.SameSite = SameSiteMode.Lax;
        cookie.SecurePolicy = https ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }

    /// <summary>What both schemes take from the provider's settings.</summary>
    private sealed class ProviderConfiguration(ProviderOptions provider, ProviderDiscovery discovery, ProviderMode mode, IHttpContextAccessor http) : IConfigureNamedOptions<OpenIdConnectOptions>
    {
        public void Configure(OpenIdConnectOptions options) => Configure(Options.DefaultName, options);

        public void Configure(string? name, OpenIdConnectOptions options)
        {
            options.Authority = provider.Authority;
            options.ClientId = provider.ClientId;
            options.ClientSecret = provider.ClientSecret;
            options.RequireHttpsMetadata = !mode.IsSandbox;
            options.ConfigurationManager = discovery;
            // The handler keeps the keys that it read before the answer came; a key that was new then must count, too.
            options.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, kid, _) => discovery.Current?.SigningKeys.Where(k => k.KeyId == kid) ?? [];
            options.Scope.Clear();
            foreach (var scope in provider.Effective().Scopes) options.Scope.Add(scope);
            if (name == Schemes.StepUp) options.ProtocolValidator = new StepUpProtocol(http) { RequireNonce = true, RequireAuthTime = true, RequireStateValidation = false, NonceLifetime = TimeSpan.FromMinutes(15) };
        }
    }
}

using Lapse.Domain.StepUp;

namespace Lapse.Infrastructure.Oidc;

/// <summary>How one provider is asked for a second factor, and how it says that there was one.</summary>
/// <param name="AcrValues">What is sent as <c>acr_values</c> (OpenID Connect Core 1.0, section 3.1.2.1); nothing where empty.</param>
/// <param name="ClaimsParameter">Whether the same is asked as an essential claim too (section 5.5), which a provider must not ignore silently.</param>
/// <param name="AcrClaim">The claim of the id_token that reports the class.</param>
/// <param name="Requirement">Which reported values prove the factor.</param>
/// <param name="GroupsClaim">The claim with the groups.</param>
/// <param name="Scopes">The scopes that make the provider say all of it.</param>
public sealed record ProviderProfile(
    IReadOnlyList<string> AcrValues,
    bool ClaimsParameter,
    string AcrClaim,
    StepUpRequirement Requirement,
    string GroupsClaim,
    IReadOnlyList<string> Scopes)
{
    /// <summary>The provider of Lapse's sandbox.</summary>
    public const string Sandbox = "Sandbox";

    private const string Multifactor = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
    private static readonly string[] Standard = ["openid", "profile", "email"];

    /// <summary>The profiles by name. None but the sandbox's is believed before a self-test with the installation's own settings.</summary>
    public static readonly IReadOnlyDictionary<string, ProviderProfile> Known = new Dictionary<string, ProviderProfile>(StringComparer.Ordinal)
    {
        [Sandbox] = new(["urn:lapse:mfa"], true, "acr", new(["urn:lapse:mfa"], []), "groups", [.. Standard, "groups"]),

        // Conditional Access authentication contexts: asked by the claims parameter, reported in "acrs" of the id_token. "auth_time"
        // and "acrs" are optional claims that have to be switched on for the app. "c1" is the context that an admin publishes first.
        // https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context
        // https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
        ["EntraId"] = new(["c1"], true, "acrs", new(["c1"], []), "groups", Standard),

        // Predefined acr values; "urn:okta:loa:2fa:any" is two factors, "phr" and "phrh" phishing-resistant ones.
        // https://developer.okta.com/docs/guides/step-up-authentication/main/
        ["Okta"] = new(["urn:okta:loa:2fa:any"], false, "acr", new(["urn:okta:loa:2fa:any", "phr", "phrh"], []), "groups", [.. Standard, "groups"]),

        // Asked by acr_values (an Action enables the factor for it), reported as "mfa" in "amr". Groups come by an Action, too,
        // in a claim with a namespace, so that Lapse:Provider:GroupsClaim has to name it.
        // https://auth0.com/docs/secure/multi-factor-authentication/step-up-authentication/configure-step-up-authentication-for-web-apps
        ["Auth0"] = new([Multifactor], false, "acr", new([], ["mfa"]), "groups", Standard),

        // The authorize endpoint knows neither acr_values nor max_age, and id_tokens of a user pool carry no acr or amr of their own.
        // Only a pool whose tokens do name the factor can be used, by Lapse:Provider:Acr or Amr; the self-test shows it.
        // https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
        ["Cognito"] = new([], false, "acr", new([], []), "cognito:groups", Standard),

        // Levels of authentication: the claims parameter makes the level essential, so that Keycloak refuses rather than lowers it.
        // "2" is the level without a mapping of the realm. A mapper adds the groups.
        // https://www.keycloak.org/docs/latest/server_admin/#_step-up-flow
        ["Keycloak"] = new(["2"], true, "acr", new(["2"], []), "groups", Standard),

        // Nothing is assumed: Lapse:Provider:Acr or Amr has to say what proves the factor.
        ["Generic"] = new([], false, "acr", new([], []), "groups", Standard),
    };

    /// <summary>The <c>claims</c> parameter; <see langword="null"/> where the provider is not asked that way.</summary>
    public string? ClaimsJson()
    {
        if (!ClaimsParameter || AcrValues.Count == 0) return null;
        var values = new System.Text.Json.Nodes.JsonArray([.. AcrValues.Select(v => (System.Text.Json.Nodes.JsonNode)v)]);
        var wanted = new System.Text.Json.Nodes.JsonObject { ["essential"] = true };
        // Entra ID documents "value"; "values" is for a choice.
        if (AcrValues.Count == 1) wanted["value"] = AcrValues[0];
        else wanted["values"] = values;
        return new System.Text.Json.Nodes.JsonObject { ["id_token"] = new System.Text.Json.Nodes.JsonObject { [AcrClaim] = wanted } }.ToJsonString();
    }
}

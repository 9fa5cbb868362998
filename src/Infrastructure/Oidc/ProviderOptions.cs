using System.Text.Json.Nodes;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;

namespace Lapse.Infrastructure.Oidc;

/// <summary>The identity provider that people sign in with; section <c>Lapse:Provider</c>. docs/configuration.md lists them all.</summary>
public sealed class ProviderOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Lapse:Provider";

    // Everybody can read it in the sandbox's source.
    private const string SandboxSecret = "lapse-sandbox";

    /// <summary>The address whose <c>/.well-known/openid-configuration</c> describes the provider.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The issuer that its tokens name; only needed where it is not <see cref="Authority"/>.</summary>
    public string? Issuer { get; set; }

    /// <summary>Lapse at the provider. A client of its own that no API server trusts.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>Its secret.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>Which provider it is, one of <see cref="ProviderProfile.Known"/>.</summary>
    public string Profile { get; set; } = "Generic";

    /// <summary>Instead of the profile's: the values of <c>acr</c> that are asked for and that prove the factor.</summary>
    public string[] Acr { get; set; } = [];

    /// <summary>Instead of the profile's: the values of <c>amr</c> that prove the factor; <c>pwd+otp</c> means both.</summary>
    public string[] Amr { get; set; } = [];

    /// <summary>The scopes that are asked for.</summary>
    public string[] Scopes { get; set; } = [];

    /// <summary>The claim with the groups; empty means the profile's.</summary>
    public string GroupsClaim { get; set; } = "";

    /// <summary>The profile with the values that stand here instead of its own.</summary>
    public ProviderProfile Effective()
    {
        var known = ProviderProfile.Known[Profile];
        return known with
        {
            AcrValues = Acr.Length > 0 ? Acr : known.AcrValues,
            Requirement = new StepUpRequirement(Acr.Length > 0 ? Acr : known.Requirement.Acr, Amr.Length > 0 ? Amr : known.Requirement.Amr),
            Scopes = Scopes.Length > 0 ? Scopes : known.Scopes,
            GroupsClaim = GroupsClaim.Length > 0 ? GroupsClaim : known.GroupsClaim,
        };
    }

    /// <summary>SHA-256 over everything that decides how a step-up is asked for and judged; a self-test is good for these settings only.</summary>
    public byte[] Digest()
    {
        var profile = Effective();
        return CanonicalJson.Digest(new JsonObject
        {
            ["authority"] = Authority,
            ["issuer"] = Issuer,
            ["client"] = ClientId,
            ["profile"] = Profile,
            ["acrValues"] = List(profile.AcrValues),
            ["acr"] = List(profile.Requirement.Acr),
            ["amr"] = List(profile.Requirement.Amr),
            ["groups"] = profile.GroupsClaim,
            // Another release may know a profile differently.
            ["acrClaim"] = profile.AcrClaim,
            ["claims"] = profile.ClaimsJson(),
            ["scopes"] = List(profile.Scopes),
        });
    }

    /// <summary>The settings as the act of the self-test names them.</summary>
    public ProviderSettings Settings() => new(Digest(), Issuer ?? Authority, ClientId, Profile, Effective().Requirement);

    /// <summary>Everything that is wrong with these settings.</summary>
    /// <param name="sandbox">Whether Lapse runs in its sandbox.</param>
    public IEnumerable<string> Errors(bool sandbox)
    {
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var authority)) yield return "Lapse:Provider:Authority is not set; it is the address of the identity provider, such as https://login.example.com.";
        else if (authority.Scheme != Uri.UriSchemeHttps && !(sandbox && authority.IsLoopback)) yield return "Lapse:Provider:Authority must be https; http is for the sandbox on this machine only.";
        if (!sandbox && authority is { IsLoopback: true }) yield return "Lapse:Provider:Authority is on this machine, as the sandbox's provider is; set it to the address of your own identity provider.";
        if (string.IsNullOrWhiteSpace(ClientId)) yield return "Lapse:Provider:ClientId is not set.";
        if (string.IsNullOrWhiteSpace(ClientSecret)) yield return "Lapse:Provider:ClientSecret is not set; Lapse is a confidential client.";
        else if (!sandbox && ClientSecret == SandboxSecret) yield return "Lapse:Provider:ClientSecret is the sandbox's, which everybody knows; make a new secret at your identity provider and set it.";
        if (!ProviderProfile.Known.ContainsKey(Profile)) yield return $"Lapse:Provider:Profile must be one of {string.Join(", ", ProviderProfile.Known.Keys)}.";
        else if (Profile == ProviderProfile.Sandbox && !sandbox) yield return "Lapse:Provider:Profile Sandbox is for Lapse:Mode Sandbox only; set it to the profile of your own identity provider, or to Generic.";
        else if (Effective().Requirement is { Acr.Count: 0, Amr.Count: 0 }) yield return $"The profile {Profile} does not say which values prove a second factor; set Lapse:Provider:Acr or Lapse:Provider:Amr.";
    }

    private static JsonArray List(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}

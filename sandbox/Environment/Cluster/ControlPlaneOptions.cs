namespace Lapse.Sandbox;

/// <summary>Which Kubernetes control plane is wanted.</summary>
public sealed record ControlPlaneOptions
{
    /// <summary>Where its data stays; <see langword="null"/> for a throw-away one.</summary>
    public string? DataFolder { get; init; }

    /// <summary>The API server's port on the loopback address; <see langword="null"/> for any free one.</summary>
    public int? Port { get; init; }

    /// <summary>The environment variable that the person can choose another port with, for the sentence when it is in use.</summary>
    public string PortVariable { get; init; } = "LAPSE_CLUSTER_PORT";

    /// <summary>The provider whose tokens the API server accepts; none when <see langword="null"/>.</summary>
    public OidcTrust? Oidc { get; init; }

    /// <summary>Whether what is missing may be installed or built, which takes minutes once.</summary>
    public bool Install { get; init; } = true;

    /// <summary>Is told what takes long and how far it is.</summary>
    public IProgress<ClusterStatus>? Progress { get; init; }
}

/// <summary>How the API server takes people from tokens of an OpenID provider.</summary>
/// <param name="Issuer">The provider's issuer, exactly as in its tokens; https.</param>
/// <param name="AuthorityFile">The PEM file of the authority that signed the provider's certificate. The API server waits for it.</param>
public sealed record OidcTrust(Uri Issuer, string AuthorityFile)
{
    /// <summary>The audience that a token must have.</summary>
    public string ClientId { get; init; } = "kubernetes";

    /// <summary>The claim with the user name.</summary>
    public string UserNameClaim { get; init; } = "preferred_username";

    /// <summary>What the cluster sees before the user name.</summary>
    public string UserNamePrefix { get; init; } = "oidc:";

    /// <summary>The claim with the groups.</summary>
    public string GroupsClaim { get; init; } = "groups";

    /// <summary>What the cluster sees before each group.</summary>
    public string GroupsPrefix { get; init; } = "oidc:";
}

namespace Lapse.Sandbox;

/// <summary>How the sandbox's OpenID provider is started.</summary>
public sealed record IdentityProviderOptions
{
    /// <summary>Where its keys, certificates, log and, if it is written here, its people file are kept.</summary>
    public required string Folder { get; init; }

    /// <summary>The port for browsers; a free one when <see langword="null"/>.</summary>
    public int? HttpPort { get; init; }

    /// <summary>The port for API servers, which is that of the issuer too; a free one when <see langword="null"/>.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>An existing people file that the provider shall follow. When <see langword="null"/>, <see cref="People"/> are written into one.</summary>
    public string? PeopleFile { get; init; }

    /// <summary>Who can sign in, when there is no <see cref="PeopleFile"/>.</summary>
    public IReadOnlyCollection<SandboxPerson> People { get; init; } = [];

    /// <summary>Base addresses of the portals that may send people to the provider.</summary>
    public IReadOnlyCollection<string> PortalUrls { get; init; } = ["http://localhost:5080"];

    /// <summary>The secret of the client <c>lapse</c>.</summary>
    public string ClientSecret { get; init; } = "lapse-sandbox";
}

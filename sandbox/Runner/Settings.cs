namespace Lapse.Sandbox.Runner;

/// <summary>What the environment says about ports and folders.</summary>
internal sealed record Settings(
    string Data, int PortalPort, int ProviderPort, int ProviderHttpsPort, int PostgresPort, int ClusterPort)
{
    public string ProviderFolder => Path.Combine(Data, "provider");

    public string PeopleFile => Path.Combine(ProviderFolder, "people.json");

    public string ClusterFolder => Path.Combine(Data, "cluster");

    public string ClusterStatusFile => Path.Combine(Data, "cluster-status.json");

    public Uri Provider => new UriBuilder("http", "localhost", ProviderPort).Uri;

    public static Settings FromEnvironment()
    {
        var data = Environment.GetEnvironmentVariable("LAPSE_DATA") is { Length: > 0 } given
            ? given
            : Path.Combine(Checkout.Root, "data");
        return new Settings(
            Path.GetFullPath(data),
            Ports.FromEnvironment("LAPSE_PORTAL_PORT", 5080),
            Ports.FromEnvironment("LAPSE_PROVIDER_PORT", 5081),
            Ports.FromEnvironment("LAPSE_PROVIDER_HTTPS_PORT", 5443),
            Ports.FromEnvironment("LAPSE_POSTGRES_PORT", 54329),
            Ports.FromEnvironment("LAPSE_CLUSTER_PORT", 64430));
    }

    /// <summary>Refuses ports that are in use, before anything is started.</summary>
    /// <exception cref="SandboxException">One is; the message says which, by whom, and what to set.</exception>
    public void EnsurePortsAreFree()
    {
        static bool IsGiven(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

        Ports.EnsureFree(PortalPort, "LAPSE_PORTAL_PORT");
        Ports.EnsureFree(ProviderPort, "LAPSE_PROVIDER_PORT");
        Ports.EnsureFree(ProviderHttpsPort, "LAPSE_PROVIDER_HTTPS_PORT");
        if (!IsGiven(PostgresServer.Variable))
            Ports.EnsureFree(PostgresPort, "LAPSE_POSTGRES_PORT");
        if (!IsGiven(ControlPlane.Variable))
            Ports.EnsureFree(ClusterPort, "LAPSE_CLUSTER_PORT");
    }
}

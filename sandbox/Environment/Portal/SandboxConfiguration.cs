using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapse.Sandbox;

/// <summary>
/// The sandbox's workflows, catalogue and cluster, as <c>lapse apply</c> takes them: <c>sandbox/configuration.json</c> with
/// the address of the cluster that runs here.
/// </summary>
public static class SandboxConfiguration
{
    /// <summary>Writes the configuration, readable by its owner only.</summary>
    /// <param name="file">Where.</param>
    /// <param name="server">The API server's address.</param>
    /// <param name="authorityPem">The authority that signed its certificate.</param>
    /// <param name="token">The portal's token; <see langword="null"/> while the cluster is not there yet.</param>
    public static void Write(string file, Uri server, string authorityPem, string? token)
    {
        ArgumentNullException.ThrowIfNull(server);
        var configuration = JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Root, "sandbox", "configuration.json")))!;
        var cluster = configuration["clusters"]![0]!;
        cluster["server"] = server.GetLeftPart(UriPartial.Authority);
        cluster["ca"] = authorityPem;
        cluster["token"] = token;
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        configuration.WriteTo(writer);
    }
}

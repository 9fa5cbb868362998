using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>The portal as it is served, as a process, over a test's database. Its provider is away.</summary>
internal static class ServedPortal
{
    /// <summary>Migrates and starts it.</summary>
    /// <param name="database">Its database.</param>
    /// <param name="folder">Where its keys and its log stay.</param>
    /// <param name="settings">More of its configuration, as environment variables.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <param name="port">The port for plain http; any free one by default.</param>
    public static async Task<PortalProcess> StartAsync(TestDatabase database, ScratchFolder folder, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellation, int? port = null)
    {
        var options = new PortalOptions
        {
            Folder = folder.Path,
            Port = port,
            OwnerConnection = database.OwnerConnectionString,
            PortalConnection = database.ServingConnectionString,
            Provider = new Uri("http://localhost:1"),
            Environment = settings,
        };
        MadeKeys.PutInto(Path.Combine(folder.Path, "keys"));
        await PortalProcess.RunAsync(options, ["migrate"], cancellation);
        return await PortalProcess.StartAsync(options, cancellation);
    }
}

using k8s;
using k8s.Models;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Sandbox;

namespace Lapse.Benchmarks.Access;

/// <summary>Namespaces of a run's own, with an administrator's way in; gone with it.</summary>
internal sealed class Place : IAsyncDisposable
{
    private Place(ControlPlane controlPlane, IReadOnlyList<string> names)
    {
        Client = controlPlane.CreateClient();
        Address = KubeconfigReader.Read(File.ReadAllText(controlPlane.KubeconfigFile)).Value;
        Api = new(new(Address, Bench.Outbound), TimeProvider.System);
        Names = names;
    }

    /// <summary>The namespaces.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>An administrator's client.</summary>
    public IKubernetes Client { get; }

    /// <summary>The API server with an administrator's credential.</summary>
    public ClusterAddress Address { get; }

    /// <summary>Lapse's own way in.</summary>
    public ClusterApi Api { get; }

    /// <summary>Makes namespaces.</summary>
    public static async Task<Place> CreateAsync(Bench bench, int count, CancellationToken cancellation)
    {
        var place = new Place(await bench.ControlPlaneAsync(cancellation), [.. Enumerable.Range(0, count).Select(number => $"bench-{Guid.NewGuid().ToString("N")[..8]}-{number}")]);
        foreach (var name in place.Names) await place.Client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = name } }, cancellationToken: cancellation);
        return place;
    }

    /// <summary>How many bindings of Lapse there are.</summary>
    public async Task<int> BindingsAsync(CancellationToken cancellation) =>
        (await Api.ListBindingsAsync(new(Names, ClusterWide: false), cancellation)) is { Succeeded: true } listed ? listed.Value.Bindings.Count : throw new InvalidOperationException("The bindings cannot be listed.");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var name in Names) await Client.CoreV1.DeleteNamespaceAsync(name);
        Api.Dispose();
        Client.Dispose();
    }
}

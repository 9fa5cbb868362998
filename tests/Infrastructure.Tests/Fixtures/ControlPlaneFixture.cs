using k8s;
using k8s.Models;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Xunit;

[assembly: AssemblyFixture(typeof(ControlPlaneFixture))]

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>One real control plane for the whole run, started with the first test that needs it.</summary>
public sealed class ControlPlaneFixture : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private ControlPlane? _controlPlane;

    /// <summary>What a test's connections follow; the sandbox's API server is on loopback.</summary>
    public static OutboundOptions Outbound { get; } = new() { AllowLoopback = true };

    /// <summary>The control plane.</summary>
    public async Task<ControlPlane> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            return _controlPlane ??= await ControlPlane.StartAsync(new(), cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A namespace of the test's own, deleted when the test ends.</summary>
    public async Task<TestNamespace> NamespaceAsync(CancellationToken cancellationToken)
    {
        var controlPlane = await GetAsync(cancellationToken);
        var client = controlPlane.CreateClient();
        var created = await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { GenerateName = "test-" } }, cancellationToken: cancellationToken);
        return new(controlPlane, client, created.Metadata.Name);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_controlPlane is not null) await _controlPlane.DisposeAsync();
        _gate.Dispose();
    }
}

/// <summary>A namespace of one test, with an administrator's ways in.</summary>
public sealed class TestNamespace : IAsyncDisposable
{
    internal TestNamespace(ControlPlane controlPlane, IKubernetes client, string name)
    {
        (Client, Name) = (client, name);
        Address = KubeconfigReader.Read(File.ReadAllText(controlPlane.KubeconfigFile)).Value;
        Api = Connect(Address.Credential);
    }

    /// <summary>The namespace's name.</summary>
    public string Name { get; }

    /// <summary>An administrator's client, for what a test prepares and looks at.</summary>
    public IKubernetes Client { get; }

    /// <summary>The API server with an administrator's credential.</summary>
    public ClusterAddress Address { get; }

    /// <summary>Lapse's own way in, with an administrator's credential.</summary>
    public ClusterApi Api { get; }

    /// <summary>Lapse's own way in with another credential. The caller disposes it.</summary>
    public ClusterApi Connect(ClusterCredential credential) =>
        new(new(Address with { Credential = credential }, ControlPlaneFixture.Outbound), TimeProvider.System);

    /// <summary>A new ServiceAccount in this namespace, and a token for it.</summary>
    public async Task<ClusterCredential.Token> ServiceAccountAsync(string name, CancellationToken cancellationToken)
    {
        await Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = name } }, Name, cancellationToken: cancellationToken);
        return await TokenAsync(name, cancellationToken);
    }

    /// <summary>A token for a ServiceAccount of this namespace.</summary>
    public async Task<ClusterCredential.Token> TokenAsync(string name, CancellationToken cancellationToken)
    {
        var request = new Authenticationv1TokenRequest { Spec = new() { Audiences = [], ExpirationSeconds = 3600 } };
        return new((await Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, name, Name, cancellationToken: cancellationToken)).Status.Token);
    }

    /// <summary>Creates objects as <c>kubectl apply</c> would, leaving out namespaces that are there.</summary>
    public async Task ApplyAsync(IEnumerable<IKubernetesObject<V1ObjectMeta>> objects, CancellationToken cancellationToken)
    {
        var rbac = Client.RbacAuthorizationV1;
        foreach (var one in objects)
        {
            Task creation = one switch
            {
                V1Namespace => Task.CompletedTask,
                V1ServiceAccount account => Client.CoreV1.CreateNamespacedServiceAccountAsync(account, account.Metadata.NamespaceProperty, cancellationToken: cancellationToken),
                V1ConfigMap map => Client.CoreV1.CreateNamespacedConfigMapAsync(map, map.Metadata.NamespaceProperty, cancellationToken: cancellationToken),
                V1ClusterRole role => rbac.CreateClusterRoleAsync(role, cancellationToken: cancellationToken),
                V1ClusterRoleBinding binding => rbac.CreateClusterRoleBindingAsync(binding, cancellationToken: cancellationToken),
                V1Role role => rbac.CreateNamespacedRoleAsync(role, role.Metadata.NamespaceProperty, cancellationToken: cancellationToken),
                V1RoleBinding binding => rbac.CreateNamespacedRoleBindingAsync(binding, binding.Metadata.NamespaceProperty, cancellationToken: cancellationToken),
                _ => throw new ArgumentException($"Tests create no {one.Kind}.", nameof(objects)),
            };
            await creation;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        // What a test puts beside its namespace is named after it.
        foreach (var binding in (await Client.RbacAuthorizationV1.ListClusterRoleBindingAsync()).Items.Where(binding => binding.Metadata.Name.Contains(Name, StringComparison.Ordinal)))
            await Client.RbacAuthorizationV1.DeleteClusterRoleBindingAsync(binding.Metadata.Name);
        foreach (var role in (await Client.RbacAuthorizationV1.ListClusterRoleAsync()).Items.Where(role => role.Metadata.Name.Contains(Name, StringComparison.Ordinal)))
            await Client.RbacAuthorizationV1.DeleteClusterRoleAsync(role.Metadata.Name);
        await Client.CoreV1.DeleteNamespaceAsync(Name);
        Client.Dispose();
    }
}

using k8s;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Benchmarks.Rbac;

/// <summary>A state put into a real API server under names of its own; gone with it.</summary>
internal sealed class RbacOnServer : IAsyncDisposable
{
    private const string Label = "lapse-benchmark";
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 16 };
    private readonly IKubernetes _client;
    private readonly RbacState _state;
    private readonly string _prefix;

    private RbacOnServer(IKubernetes client, RbacState state, string prefix) => (_client, _state, _prefix) = (client, state, prefix);

    /// <summary>Creates everything, and waits until the API server's authorizer knows of it.</summary>
    public static async Task<RbacOnServer> CreateAsync(Bench bench, RbacState state, string prefix, CancellationToken cancellation)
    {
        var server = new RbacOnServer((await bench.ControlPlaneAsync(cancellation)).CreateClient(), state, prefix);
        try
        {
            await Parallel.ForEachAsync(state.Namespaces, AtOnce, async (one, _) => await server._client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = server.Metadata(one) }, cancellationToken: cancellation));
            await Parallel.ForEachAsync(state.Roles, AtOnce, async (role, _) => await server.PutAsync(role, cancellation));
            await Parallel.ForEachAsync(state.Bindings, AtOnce, async (binding, _) => await server.PutAsync(binding, cancellation));
            await server.SettleAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the API server allows it.</summary>
    public async Task<bool> ReviewAsync(Requester who, AccessQuestion question, CancellationToken cancellation) =>
        (await _client.AuthorizationV1.CreateSubjectAccessReviewAsync(
            new V1SubjectAccessReview
            {
                Spec = new()
                {
                    User = who.Name.Length == 0 ? null : who.Name,
                    Groups = who.Groups.IsEmpty ? null : [.. who.Groups],
                    ResourceAttributes = question.IsResource
                        ? new() { Verb = question.Verb, Group = question.ApiGroup, Resource = question.Resource, Subresource = question.Subresource, Name = question.Name, NamespaceProperty = question.Namespace }
                        : null,
                    NonResourceAttributes = question.NonResourceUrl is { } path ? new() { Path = path, Verb = question.Verb } : null,
                },
            },
            cancellationToken: cancellation)).Status.Allowed;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var rbac = _client.RbacAuthorizationV1;
        await rbac.DeleteCollectionClusterRoleBindingAsync(labelSelector: $"{Label}={_prefix}");
        await rbac.DeleteCollectionClusterRoleAsync(labelSelector: $"{Label}={_prefix}");
        // What is inside goes with its namespace.
        foreach (var one in (await _client.CoreV1.ListNamespaceAsync(labelSelector: $"{Label}={_prefix}")).Items) await _client.CoreV1.DeleteNamespaceAsync(one.Metadata.Name);
        _client.Dispose();
    }

    // Each kind is watched in order, so what was made last tells of everything before it.
    private async Task SettleAsync(CancellationToken cancellation)
    {
        foreach (var space in (string[])["", _state.Namespaces[0].Name])
        {
            var name = $"{_prefix}-last";
            await PutAsync(new RoleObject { Namespace = space, Name = name, Rules = [new() { Verbs = ["get"], ApiGroups = ["last"], Resources = ["lasts"] }] }, cancellation);
            await PutAsync(new BindingObject { Namespace = space, Name = name, Role = new(space.Length == 0 ? "ClusterRole" : "Role", name), Subjects = [new("User", $"{name}-{space}")] }, cancellation);
            for (var deadline = DateTimeOffset.UtcNow.AddMinutes(1); !await ReviewAsync(Requester.Exactly($"{name}-{space}", []), AccessQuestion.For("get", "last", "lasts", namespaceName: space), cancellation); await Task.Delay(20, cancellation))
                if (DateTimeOffset.UtcNow > deadline) throw new TimeoutException("The API server does not hear of the roles and bindings.");
        }
    }

    private Task PutAsync(RoleObject role, CancellationToken cancellation)
    {
        V1PolicyRule[] rules =
        [
            .. role.Rules.Select(rule => new V1PolicyRule { Verbs = [.. rule.Verbs], ApiGroups = [.. rule.ApiGroups], Resources = [.. rule.Resources], ResourceNames = [.. rule.ResourceNames] }),
        ];
        return role.IsClusterRole
            ? _client.RbacAuthorizationV1.CreateClusterRoleAsync(new() { Metadata = Metadata(role), Rules = rules }, cancellationToken: cancellation)
            : _client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new() { Metadata = Metadata(role), Rules = rules }, role.Namespace, cancellationToken: cancellation);
    }

    private Task PutAsync(BindingObject binding, CancellationToken cancellation)
    {
        var role = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = binding.Role.Kind, Name = binding.Role.Name };
        Rbacv1Subject[] subjects = [.. binding.Subjects.Select(subject => new Rbacv1Subject { Kind = subject.Kind, Name = subject.Name, NamespaceProperty = subject.Namespace.Length == 0 ? null : subject.Namespace })];
        return binding.IsClusterWide
            ? _client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(new() { Metadata = Metadata(binding), RoleRef = role, Subjects = subjects }, cancellationToken: cancellation)
            : _client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(new() { Metadata = Metadata(binding), RoleRef = role, Subjects = subjects }, binding.Namespace, cancellationToken: cancellation);
    }

    private V1ObjectMeta Metadata(RbacObject one) => new() { Name = one.Name, Labels = new Dictionary<string, string> { [Label] = _prefix } };
}

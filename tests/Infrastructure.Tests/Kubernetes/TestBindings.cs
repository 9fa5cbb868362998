using System.Security.Cryptography;
using k8s;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>Bindings to test with, and what tests say about them.</summary>
internal static class TestBindings
{
    public static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static BindingSpec Spec(string? namespaceName, string role = "edit", TimeSpan? lifetime = null) => new()
    {
        GrantId = UuidId.New<GrantId>(DateTimeOffset.UtcNow),
        RequestId = UuidId.New<AccessRequestId>(DateTimeOffset.UtcNow),
        Cluster = "sandbox",
        Namespace = namespaceName,
        Role = new(RoleKind.ClusterRole, role),
        User = "oidc:alice",
        Probe = BindingProbe.NewName(),
        NotAfter = DateTimeOffset.UtcNow + (lifetime ?? TimeSpan.FromHours(1)),
        Approvers = ["oidc:bob"],
        Ticket = "OPS-17 <b>\"now\"</b>",
    };

    public static string Sign(this BindingSpec spec) => BindingSignature.Sign(spec, Key);

    public static AccessQuestion Question(string? namespaceName) => AccessQuestion.For("create", "", "configmaps", namespaceName: namespaceName ?? "");

    /// <summary>Creates a binding and waits until its probe may do what the role allows.</summary>
    public static async Task<CreateBindingResult.Created> CreateUsableAsync(this ClusterApi api, BindingSpec spec, CancellationToken cancellationToken)
    {
        var created = Assert.IsType<CreateBindingResult.Created>(await api.CreateBindingAsync(spec, spec.Sign(), cancellationToken));
        await Wait.UntilAsync(
            async () => await api.ProbeAsync(spec.Probe, Question(spec.Namespace), 3, cancellationToken) is ProbeResult.AllAllowed, "the probe is allowed", cancellationToken);
        return created;
    }

    /// <summary>Puts an object there as somebody else would, past Lapse.</summary>
    public static async Task<BindingObject> PutAsync(this TestNamespace place, BindingObject binding, CancellationToken cancellationToken) =>
        binding.Namespace is null
            ? BindingMapping.From(await place.Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(BindingMapping.ToClusterRoleBinding(binding), cancellationToken: cancellationToken))
            : BindingMapping.From(await place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(BindingMapping.ToRoleBinding(binding), binding.Namespace, cancellationToken: cancellationToken));
}

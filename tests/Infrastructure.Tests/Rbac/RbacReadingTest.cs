using k8s;
using k8s.Models;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>A namespace of a real cluster with something of each kind, for tests of reading it.</summary>
public abstract class RbacReadingTest(ControlPlaneFixture controlPlane) : IAsyncLifetime
{
    protected static readonly RbacReadingAsk Whole = new(Workloads: true, PageSize: 500, MostObjects: 100_000);
    protected static readonly RbacReadingAsk Quick = Whole with { Workloads = false };

    protected TestNamespace Place { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Place = await controlPlane.NamespaceAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await Place.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>One of each kind in the namespace.</summary>
    protected async Task SeedAsync()
    {
        var (core, rbac, apps, name) = (Place.Client.CoreV1, Place.Client.RbacAuthorizationV1, Place.Client.AppsV1, Place.Name);
        await core.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "runner" }, AutomountServiceAccountToken = false }, name, cancellationToken: Cancellation);
        await core.CreateNamespacedSecretAsync(
            new() { Metadata = new() { Name = "runner-token", Annotations = new Dictionary<string, string> { ["kubernetes.io/service-account.name"] = "runner" } }, Type = "kubernetes.io/service-account-token" }, name, cancellationToken: Cancellation);
        await core.CreateNamespacedSecretAsync(new() { Metadata = new() { Name = "other" }, StringData = new Dictionary<string, string> { ["password"] = "hunter2" } }, name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleAsync(
            new()
            {
                Metadata = new() { Name = "odd role?#", Annotations = new Dictionary<string, string> { ["note"] = "keep", ["kubectl.kubernetes.io/last-applied-configuration"] = "{}", ["long"] = new string('x', 2000) } },
                Rules = [new() { Verbs = ["get"], ApiGroups = [""], Resources = ["pods/log"], ResourceNames = ["a"] }],
            }, name, cancellationToken: Cancellation);
        await rbac.CreateNamespacedRoleBindingAsync(
            new()
            {
                Metadata = new() { Name = "gives" },
                RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "view" },
                Subjects = [new() { Kind = "ServiceAccount", Name = "runner" }, new() { Kind = "User", Name = "anna", ApiGroup = "rbac.authorization.k8s.io" }],
            }, name, cancellationToken: Cancellation);
        var template = new V1PodTemplateSpec
        {
            Metadata = new() { Labels = new Dictionary<string, string> { ["app"] = "web" } },
            Spec = Spec("runner", reachesNode: true),
        };
        var selector = new V1LabelSelector { MatchLabels = template.Metadata.Labels };
        await apps.CreateNamespacedDeploymentAsync(new() { Metadata = new() { Name = "web", Annotations = new Dictionary<string, string> { ["a"] = "secret" } }, Spec = new() { Selector = selector, Template = template, Replicas = 1 } }, name, cancellationToken: Cancellation);
        foreach (var metadata in new[] { new V1ObjectMeta { Name = "bare" }, Owned("other-1", "argoproj.io/v1", "Rollout", "web"), Owned("other-2", "argoproj.io/v1", "Rollout", "web") })
            await core.CreateNamespacedPodAsync(new() { Metadata = metadata, Spec = Spec(null) }, name, cancellationToken: Cancellation);
    }

    private static V1PodSpec Spec(string? account, bool reachesNode = false) => new()
    {
        ServiceAccountName = account,
        AutomountServiceAccountToken = false,
        Containers = [new() { Name = "c", Image = "i" }],
        Volumes = reachesNode ? [new() { Name = "root", HostPath = new() { Path = "/" } }] : null,
    };

    private static V1ObjectMeta Owned(string name, string version, string kind, string owner) =>
        new() { Name = name, OwnerReferences = [new() { ApiVersion = version, Kind = kind, Name = owner, Uid = Guid.NewGuid().ToString(), Controller = true }] };
}

using k8s;
using k8s.Models;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class SandboxClusterTests
{
    private static readonly string[] Namespaces = ["dev", "payments-prod", "payments-staging", "web-prod"];

    [Fact]
    public async Task Seed_Twice_ChangesNothingTheSecondTime()
    {
        await using var cluster = await ControlPlane.StartAsync(new ControlPlaneOptions(), Scratch.Token);
        using var client = cluster.CreateClient();

        await SandboxCluster.SeedAsync(cluster, Scratch.Token);
        var first = await BindingsAsync(client);
        await SandboxCluster.SeedAsync(cluster, Scratch.Token);
        var second = await BindingsAsync(client);

        Assert.Equal(Namespaces, first.Select(binding => binding.Namespace()));
        Assert.Equal(first.Select(Version), second.Select(Version));
        var labels = await client.CoreV1.ListNamespaceAsync(labelSelector: "lapse.dev/environment", cancellationToken: Scratch.Token);
        Assert.Equal(
            ["dev=development", "payments-prod=production", "payments-staging=staging", "web-prod=production"],
            labels.Items.Select(item => $"{item.Name()}={item.Labels()["lapse.dev/environment"]}"));
        Assert.Equal(10, (await client.AppsV1.ListDeploymentForAllNamespacesAsync(cancellationToken: Scratch.Token)).Items.Count);
        await DeveloperMayLookAndNothingElseAsync(client);
        await PortalAccountMayDoNothingYetAsync(cluster);
    }

    private static async Task DeveloperMayLookAndNothingElseAsync(Kubernetes client)
    {
        Assert.True(await MayAsync(client, "list", "pods", "payments-prod"));
        Assert.False(await MayAsync(client, "delete", "pods", "payments-prod"));
        Assert.False(await MayAsync(client, "get", "secrets", "payments-prod"));
        Assert.False(await MayAsync(client, "list", "pods", "kube-system"));
        Assert.False(await MayAsync(client, "create", "rolebindings", "dev", "rbac.authorization.k8s.io"));
    }

    private static async Task PortalAccountMayDoNothingYetAsync(ControlPlane cluster)
    {
        using var portal = cluster.CreateClient(await SandboxCluster.PortalTokenAsync(cluster, Scratch.Token));
        var e = await Assert.ThrowsAsync<k8s.Autorest.HttpOperationException>(
            () => portal.RbacAuthorizationV1.ListNamespacedRoleBindingAsync("payments-prod", cancellationToken: Scratch.Token));
        Assert.Contains("system:serviceaccount:lapse-system:lapse-portal", e.Response.Content, StringComparison.Ordinal);

        // Rights come from manifests alone.
        await SandboxCluster.GrantPortalAsync(cluster, """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: lapse-portal, namespace: payments-prod}
            rules: [{apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings], verbs: [list]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: lapse-portal, namespace: payments-prod}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: lapse-portal}
            subjects: [{kind: ServiceAccount, name: lapse-portal, namespace: lapse-system}]
            """, Scratch.Token);
        using var client = cluster.CreateClient();
        var review = await ReviewAsync(client, new V1SubjectAccessReviewSpec
        {
            User = "system:serviceaccount:lapse-system:lapse-portal",
            ResourceAttributes = new V1ResourceAttributes
            {
                Verb = "list",
                Resource = "rolebindings",
                Group = "rbac.authorization.k8s.io",
                NamespaceProperty = "payments-prod",
            },
        }, wanted: true);
        Assert.True(review);
    }

    private static Task<bool> MayAsync(Kubernetes client, string verb, string resource, string place, string group = "") =>
        ReviewAsync(client, new V1SubjectAccessReviewSpec
        {
            User = "oidc:alice",
            Groups = ["oidc:developers", "system:authenticated"],
            ResourceAttributes = new V1ResourceAttributes { Verb = verb, Resource = resource, NamespaceProperty = place, Group = group },
        }, wanted: resource == "pods" && verb == "list" && place != "kube-system");

    /// <summary>Asks until the answer is the one wanted: the authorizer hears of new bindings some milliseconds later.</summary>
    private static async Task<bool> ReviewAsync(Kubernetes client, V1SubjectAccessReviewSpec question, bool wanted)
    {
        for (var tries = 1; ; tries++)
        {
            var answer = await client.AuthorizationV1.CreateSubjectAccessReviewAsync(
                new V1SubjectAccessReview { Spec = question }, cancellationToken: Scratch.Token);
            if (answer.Status.Allowed == wanted || tries == 50)
                return answer.Status.Allowed;
            await Task.Delay(50, Scratch.Token);
        }
    }

    private static async Task<List<V1RoleBinding>> BindingsAsync(Kubernetes client) =>
        [.. (await client.RbacAuthorizationV1.ListRoleBindingForAllNamespacesAsync(cancellationToken: Scratch.Token)).Items
            .Where(binding => binding.Name() == "developers-view")
            .OrderBy(binding => binding.Namespace(), StringComparer.Ordinal)];

    private static string Version(V1RoleBinding binding) => binding.ResourceVersion();
}

using System.Collections.Immutable;
using k8s;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What a real API server makes by itself is the baseline: no finding, and known by name.</summary>
public class DefaultRbacTests(ControlPlaneFixture controlPlane)
{
    private const string Bootstrapped = "kubernetes.io/bootstrapping=rbac-defaults";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scan_TheDefaultsOfARealApiServer_FindsNothing()
    {
        var state = await ReadAsync();

        Assert.True(state.Roles.Length > 60 && state.Bindings.Length > 40, "The defaults were not read.");
        Assert.Empty(RbacAudit.Scan(new RbacIndex(state), new AuditSettings()).Findings.Select(finding => $"{finding.Check.Id} {finding.Evidence}"));
    }

    [Fact]
    public async Task Scan_TheDefaultsAndOneMore_FindsThatOne()
    {
        var state = await ReadAsync();
        var added = new BindingObject { Namespace = "kube-system", Name = "mine", Role = new("ClusterRole", "edit"), Subjects = [new("Group", "dev")] };

        var findings = RbacAudit.Scan(new RbacIndex(state with { Bindings = [.. state.Bindings, added] }), new AuditSettings()).Findings;

        Assert.NotEmpty(findings);
        Assert.All(findings, finding => Assert.Equal("Group dev", finding.Subject.ToString()));
        var path = new AttackPaths(new RbacIndex(state with { Bindings = [.. state.Bindings, added] })).From(Requester.Of("ann", ["dev"]), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true })[0];
        Assert.Equal("User ann → ServiceAccount kube-system/clusterrole-aggregation-controller → administrator of the cluster", path.ToString());
    }

    [Fact]
    public async Task KubernetesDefaults_EverythingOfARealApiServer_IsKnown()
    {
        var state = await ReadAsync();

        Assert.All(state.Roles, role => Assert.NotNull(KubernetesDefaults.Role(role.Namespace, role.Name)));
        Assert.All(state.Roles, role => Assert.Empty(KubernetesDefaults.Beyond(role)));
        Assert.All(state.Bindings, binding => Assert.All(binding.Subjects, subject => Assert.True(KubernetesDefaults.Gives(binding, subject.Means(binding.Namespace)!.Value), $"{binding.Reference}: {subject}")));
    }

    private async Task<RbacState> ReadAsync()
    {
        var client = (await controlPlane.GetAsync(Cancellation)).CreateClient();
        var roles = await client.RbacAuthorizationV1.ListRoleForAllNamespacesAsync(labelSelector: Bootstrapped, cancellationToken: Cancellation);
        var clusterRoles = await client.RbacAuthorizationV1.ListClusterRoleAsync(labelSelector: Bootstrapped, cancellationToken: Cancellation);
        var bindings = await client.RbacAuthorizationV1.ListRoleBindingForAllNamespacesAsync(labelSelector: Bootstrapped, cancellationToken: Cancellation);
        var clusterBindings = await client.RbacAuthorizationV1.ListClusterRoleBindingAsync(labelSelector: Bootstrapped, cancellationToken: Cancellation);
        return new RbacState
        {
            Roles =
            [
                .. roles.Items.Select(role => Role(role.Metadata, role.Rules)),
                .. clusterRoles.Items.Select(role => Role(role.Metadata, role.Rules) with
                {
                    Aggregates = [.. (role.AggregationRule?.ClusterRoleSelectors ?? []).Select(selector => new LabelSelector { MatchLabels = Texts(selector.MatchLabels) })],
                }),
            ],
            Bindings = [.. bindings.Items.Select(one => Binding(one.Metadata, one.RoleRef, one.Subjects)), .. clusterBindings.Items.Select(one => Binding(one.Metadata, one.RoleRef, one.Subjects))],
            Served = [new ServedResource("", "pods", "Pod", true, ["get"])],
            Gaps = [new Gap("serviceaccounts", "They are not looked at here.")],
        };
    }

    private static RoleObject Role(V1ObjectMeta metadata, IList<V1PolicyRule>? rules) => new()
    {
        Namespace = metadata.NamespaceProperty ?? "",
        Name = metadata.Name,
        Labels = Texts(metadata.Labels),
        Rules = [.. RuleMapping.From(rules)],
    };

    private static BindingObject Binding(V1ObjectMeta metadata, V1RoleRef role, IList<Rbacv1Subject>? subjects) => new()
    {
        Namespace = metadata.NamespaceProperty ?? "",
        Name = metadata.Name,
        Role = new(role.Kind, role.Name),
        Subjects = [.. (subjects ?? []).Select(subject => new BindingSubject(subject.Kind, subject.Name, subject.NamespaceProperty ?? ""))],
    };

    private static ImmutableSortedDictionary<string, string> Texts(IDictionary<string, string>? texts) => RbacObject.NoTexts.AddRange(texts ?? new Dictionary<string, string>());
}

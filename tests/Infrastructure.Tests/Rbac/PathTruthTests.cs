using k8s;
using k8s.Autorest;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>What a path says that somebody can give themself, a real API server lets them; where there is no path, it refuses.</summary>
public class PathTruthTests(ControlPlaneFixture controlPlane)
{
    private const string Group = "rbac.authorization.k8s.io";
    private static readonly V1PolicyRule Everything = new() { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // What is tried, the rules of the ClusterRole that somebody has (verbs, resources, names), and whether it is let.
    [Theory]
    [InlineData("bind", "bind clusterroles;create clusterrolebindings", true)]
    [InlineData("bind", "create,update,patch,delete clusterrolebindings,clusterroles", false)]
    [InlineData("bind", "bind clusterroles=view;create clusterrolebindings", false)]
    [InlineData("bind", "bind clusterroles=cluster-admin;create clusterrolebindings", true)]
    [InlineData("bind", "bind roles;create clusterrolebindings", false)]
    [InlineData("join", "bind clusterroles;get,patch clusterrolebindings=NAME", true)]
    [InlineData("join", "get,patch clusterrolebindings=NAME", false)]
    [InlineData("join", "bind clusterroles;get,patch clusterrolebindings=other", false)]
    [InlineData("widen", "escalate,get,patch clusterroles", true)]
    [InlineData("widen", "escalate,get,patch clusterroles=NAME", true)]
    [InlineData("widen", "get,patch clusterroles", false)]
    [InlineData("widen", "escalate clusterroles=other;get,patch clusterroles", false)]
    [InlineData("aggregate", "escalate,create clusterroles", true)]
    [InlineData("aggregate", "create clusterroles", false)]
    public async Task From_WhatSomebodyGivesThemself_IsWhatTheApiServerLets(string tried, string rules, bool expected)
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var admin = place.Client;
        var name = $"truth-{place.Name}";
        var token = await place.ServiceAccountAsync("somebody", Cancellation);
        using var somebody = (await controlPlane.GetAsync(Cancellation)).CreateClient(token.Value);
        var subject = new Rbacv1Subject { Kind = "ServiceAccount", Name = "somebody", NamespaceProperty = place.Name };
        var own = new V1ClusterRole { Metadata = new() { Name = name }, Rules = [.. rules.Replace("NAME", name, StringComparison.Ordinal).Split(';').Select(Rule)] };
        var sum = new V1ClusterRole { Metadata = new() { Name = $"{name}-sum" }, AggregationRule = new() { ClusterRoleSelectors = [new() { MatchLabels = new Dictionary<string, string> { [name] = "true" } }] } };
        V1ClusterRoleBinding[] bindings = [Binding($"{name}-own", name, subject), Binding($"{name}-sum", $"{name}-sum", subject), Binding(name, "cluster-admin", new() { Kind = "User", Name = name, ApiGroup = Group })];
        // What is made beside the namespace is named after it, and goes with it.
        await admin.RbacAuthorizationV1.CreateClusterRoleAsync(own, cancellationToken: Cancellation);
        await admin.RbacAuthorizationV1.CreateClusterRoleAsync(sum, cancellationToken: Cancellation);
        foreach (var binding in bindings) await admin.RbacAuthorizationV1.CreateClusterRoleBindingAsync(binding, cancellationToken: Cancellation);
        // The authorizer follows by a watch, and what it does not know yet looks like a refusal.
        using var api = place.Connect(token);
        var first = own.Rules[0];
        await Wait.UntilAsync(async () => (await api.CanIAsync(AccessQuestion.For(first.Verbs[0], Group, first.Resources[0], first.ResourceNames is { Count: > 0 } names ? names[0] : ""), Cancellation)).Value, "the binding is in force", Cancellation);

        Assert.Equal(expected, await IsLetAsync(() => TryAsync(somebody, tried, name, subject)));

        var state = KubernetesDefaults.Completed(new RbacState
        {
            Roles = [new RoleObject { Name = name, Rules = [.. RuleMapping.From(own.Rules)] }, new RoleObject { Name = $"{name}-sum", Aggregates = [new LabelSelector { MatchLabels = RbacObject.NoTexts.Add(name, "true") }] }],
            Bindings = [.. bindings.Select(binding => new BindingObject { Name = binding.Metadata.Name, Role = new("ClusterRole", binding.RoleRef.Name), Subjects = [.. binding.Subjects.Select(one => new BindingSubject(one.Kind, one.Name, one.NamespaceProperty ?? ""))] })],
        });
        Assert.Equal(expected, !new AttackPaths(new RbacIndex(state)).From(Requester.Of(Subject.OfAccount(place.Name, "somebody")), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true }).IsEmpty);
    }

    private static Task TryAsync(k8s.Kubernetes client, string tried, string name, Rbacv1Subject subject) => tried switch
    {
        "bind" => client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(Binding($"{name}-mine", "cluster-admin", subject), cancellationToken: Cancellation),
        "join" => client.RbacAuthorizationV1.PatchClusterRoleBindingAsync(Patch("/subjects", new[] { subject }), name, cancellationToken: Cancellation),
        "widen" => client.RbacAuthorizationV1.PatchClusterRoleAsync(Patch("/rules", new[] { Everything }), name, cancellationToken: Cancellation),
        "aggregate" => client.RbacAuthorizationV1.CreateClusterRoleAsync(new V1ClusterRole { Metadata = new() { Name = $"{name}-mine", Labels = new Dictionary<string, string> { [name] = "true" } }, Rules = [Everything] }, cancellationToken: Cancellation),
        _ => throw new ArgumentOutOfRangeException(nameof(tried)),
    };

    private static V1Patch Patch(string path, object value) => new(KubernetesJson.Serialize(new[] { new { op = "replace", path, value } }), V1Patch.PatchType.JsonPatch);

    private static V1ClusterRoleBinding Binding(string name, string role, Rbacv1Subject subject) => new()
    {
        Metadata = new() { Name = name },
        RoleRef = new() { ApiGroup = Group, Kind = "ClusterRole", Name = role },
        Subjects = [subject],
    };

    private static V1PolicyRule Rule(string text)
    {
        var words = text.Split(' ');
        var what = words[1].Split('=');
        return new V1PolicyRule { Verbs = words[0].Split(','), ApiGroups = [Group], Resources = what[0].Split(','), ResourceNames = what.Length > 1 ? [what[1]] : null };
    }

    private static async Task<bool> IsLetAsync(Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (HttpOperationException refused) when (refused.Response.StatusCode == System.Net.HttpStatusCode.Forbidden)
        {
            return false;
        }
    }
}

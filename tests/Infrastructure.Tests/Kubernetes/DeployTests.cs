using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>What is in <c>deploy/</c> is what Lapse generates, and says what <c>docs/</c> says of it.</summary>
public sealed partial class DeployTests
{
    private static readonly ClusterRightsEntry[] Sandbox =
    [
        new(["payments-prod"], new(RoleKind.ClusterRole, "edit")),
        new(["web-prod"], new(RoleKind.ClusterRole, "admin")),
        new(["payments-staging"], new(RoleKind.ClusterRole, "edit")),
        new([], new(RoleKind.ClusterRole, "cluster-admin")),
    ];

    [Fact]
    public void PortalRights_AreThoseOfTheSandboxsCatalogue() =>
        Assert.Equal(ClusterRights.ToYaml(ClusterRights.Manifests(Sandbox, PortalAccount.Default)), WithoutHead("portal-rights.yaml"));

    [Fact]
    public void AdmissionPolicy_IsThatOfTheSandboxsCatalogue() =>
        Assert.Equal(ClusterRights.ToYaml(Policies()), WithoutHead("validating-admission-policy.yaml"));

    [Fact]
    public void PortalRights_GiveNoWildcardNoChangeAndBindByNameOnly()
    {
        var rules = Load("portal-rights.yaml").SelectMany(one => one switch { V1Role role => role.Rules, V1ClusterRole role => role.Rules, _ => [] }).ToList();

        Assert.NotEmpty(rules);
        Assert.DoesNotContain(rules, rule => rule.Verbs.Concat(rule.Resources).Concat(rule.ApiGroups).Contains("*"));
        var changing = Assert.Single(rules, rule => rule.Verbs.Intersect(["update", "patch", "escalate", "impersonate", "deletecollection"]).Any());
        Assert.Equal(("get update", "configmaps", "lapse-checkpoint"), (string.Join(' ', changing.Verbs), string.Join(' ', changing.Resources), string.Join(' ', changing.ResourceNames)));
        Assert.All(rules.Where(rule => rule.Verbs.Contains("bind")), rule => Assert.NotEmpty(rule.ResourceNames));
        Assert.DoesNotContain(rules, rule => rule.Resources.Contains("secrets"));
        Assert.All(rules.Where(rule => rule.Resources.Contains("serviceaccounts/token")), rule => Assert.Equal(["lapse-portal"], rule.ResourceNames));
    }

    [Fact]
    public void PortalRights_EachNamespaceHasItsOwnRolesToBind()
    {
        var bindable = Load("portal-rights.yaml").OfType<V1Role>()
            .SelectMany(role => role.Rules.Where(rule => rule.Verbs.Contains("bind")).Select(rule => (role.Metadata.NamespaceProperty, Names: string.Join(",", rule.ResourceNames))));
        Assert.Equal([("payments-prod", "edit"), ("payments-staging", "edit"), ("web-prod", "admin")], bindable);
    }

    [Fact]
    public void Manifests_NothingClusterWideInTheCatalogue_NoRightOnClusterRoleBindings()
    {
        var manifests = ClusterRights.Manifests(Sandbox[..3], PortalAccount.Default);
        var clusterWide = manifests.OfType<V1ClusterRole>().SelectMany(role => role.Rules).Where(rule => rule.Resources.Contains("clusterrolebindings"));
        Assert.All(clusterWide, rule => Assert.Equal(["get", "list", "watch"], rule.Verbs));
        Assert.DoesNotContain(manifests.OfType<V1ClusterRole>().SelectMany(role => role.Rules), rule => rule.Verbs.Contains("bind"));
    }

    [Fact]
    public void AdmissionPolicy_FailsClosedAndDenies()
    {
        var objects = Load("validating-admission-policy.yaml");
        var policies = objects.OfType<V1ValidatingAdmissionPolicy>().ToList();
        Assert.Equal(2, policies.Count);
        foreach (var policy in policies)
        {
            Assert.Equal("Fail", policy.Spec.FailurePolicy);
            Assert.Equal(["rolebindings", "clusterrolebindings"], policy.Spec.MatchConstraints.ResourceRules.Single().Resources);
            var activation = objects.OfType<V1ValidatingAdmissionPolicyBinding>().Single(binding => binding.Spec.PolicyName == policy.Metadata.Name);
            Assert.Contains("Deny", activation.Spec.ValidationActions);
        }
    }

    [Fact]
    public void AdmissionPolicy_OffersPrefixEndAndNames_AreInItsRules()
    {
        var policy = Policies().OfType<V1ValidatingAdmissionPolicy>().Single(one => one.Metadata.Name == AdmissionPolicy.PortalPolicy);
        var rules = string.Join('\n', policy.Spec.Validations.Select(rule => rule.Expression));

        Assert.Contains("[\"* ClusterRole/cluster-admin\", \"payments-prod ClusterRole/edit\", \"payments-staging ClusterRole/edit\", \"web-prod ClusterRole/admin\"]", rules, StringComparison.Ordinal);
        Assert.Contains("startsWith(\"oidc:\")", rules, StringComparison.Ordinal);
        Assert.Contains("duration(\"14520s\")", rules, StringComparison.Ordinal);
        Assert.Contains(BindingKeys.NotAfter, rules, StringComparison.Ordinal);
        Assert.Contains("system:serviceaccount:lapse-system:lapse-portal", policy.Spec.MatchConditions.Single().Expression, StringComparison.Ordinal);
    }

    [Fact]
    public void AdmissionPolicy_NamePattern_IsThatOfBindings()
    {
        var rule = Policies().OfType<V1ValidatingAdmissionPolicy>().First().Spec.Validations.Single(one => one.Expression.Contains("matches(", StringComparison.Ordinal)).Expression;
        var pattern = MatchesArgument().Match(rule).Groups[1].Value;
        foreach (var name in new[] { TestBindings.Spec(null).Name, "lapse-portal", "x", "lapse-018f0000-0000-7000-8000-00000000000g" })
            Assert.Equal(BindingKeys.IsBindingName(name), Regex.IsMatch(name, pattern));
    }

    [Fact]
    public void AdmissionPolicy_NameWithQuotes_StaysOneLiteral()
    {
        var policy = AdmissionPolicy.Manifests([new(["a"], new(RoleKind.ClusterRole, "x\"] || true || \"\\"))], PortalAccount.Default, "o\"", TimeSpan.FromHours(1))
            .OfType<V1ValidatingAdmissionPolicy>().First();
        Assert.Contains(policy.Spec.Validations, rule => rule.Expression.EndsWith("""in ["a ClusterRole/x\"] || true || \"\\"]""", StringComparison.Ordinal));
        Assert.Contains(policy.Spec.Validations, rule => rule.Expression.Contains("""startsWith("o\"")""", StringComparison.Ordinal));
    }

    [Fact]
    public void AdmissionPolicy_BracketsAndQuotes_AreBalanced()
    {
        var expressions = Policies().OfType<V1ValidatingAdmissionPolicy>().SelectMany(policy =>
            policy.Spec.Validations.Select(rule => rule.Expression)
                .Concat(policy.Spec.MatchConditions.Select(condition => condition.Expression))
                .Concat((policy.Spec.Variables ?? []).Select(variable => variable.Expression)));
        foreach (var bare in expressions.Select(expression => Literal().Replace(expression, "")))
        {
            Assert.DoesNotContain('"', bare);
            foreach (var (open, close) in new[] { ('(', ')'), ('[', ']'), ('{', '}') }) Assert.Equal(bare.Count(open.Equals), bare.Count(close.Equals));
        }
    }

    private static ReviewedBinding Standing(string? place, string name, string role, string user) => new(new()
    {
        Name = name,
        Namespace = place,
        RoleRef = new(BindingKeys.RbacGroup, "ClusterRole", role),
        Subjects = [BindingSubject.User(user), new("Group", BindingKeys.RbacGroup, "ops")],
        Uid = "uid",
        ResourceVersion = "1",
    });

    [Fact]
    public void Manifests_WithoutStandingBindings_AreAsBefore()
    {
        Assert.Equal(ClusterRights.ToYaml(ClusterRights.Manifests(Sandbox, PortalAccount.Default)), ClusterRights.ToYaml(ClusterRights.Manifests(Sandbox, PortalAccount.Default, standing: [])));
        Assert.Equal(ClusterRights.ToYaml(Policies()), ClusterRights.ToYaml(AdmissionPolicy.Manifests(Sandbox, PortalAccount.Default, "oidc:", TimeSpan.FromHours(4) + TimeSpan.FromMinutes(2), [])));
    }

    [Fact]
    public void Manifests_StandingBindingWithoutAnEntry_GiveItByNameAndNothingElseThere()
    {
        var role = ClusterRights.Manifests(Sandbox[..1], PortalAccount.Default, standing: [Standing("monitoring", "erin-edit", "edit", "oidc:erin")]).OfType<V1Role>().Single(one => one.Metadata.NamespaceProperty == "monitoring");
        Assert.Equal(
            ["get delete rolebindings erin-edit", "create rolebindings ", "bind clusterroles edit"],
            role.Rules.Select(rule => $"{string.Join(' ', rule.Verbs)} {string.Join(' ', rule.Resources)} {string.Join(' ', rule.ResourceNames ?? [])}"));
    }

    [Fact]
    public void Manifests_StandingBindingWithItsEntry_GiveNothingMore()
    {
        var with = ClusterRights.Manifests(Sandbox, PortalAccount.Default, standing: [Standing("payments-prod", "erin-edit", "edit", "oidc:erin"), Standing(null, "boss", "cluster-admin", "oidc:erin")]);
        Assert.Equal(ClusterRights.ToYaml(ClusterRights.Manifests(Sandbox, PortalAccount.Default)), ClusterRights.ToYaml(with));
        // Of another role there only that one may be bound beside.
        var other = ClusterRights.Manifests(Sandbox, PortalAccount.Default, standing: [Standing("payments-prod", "erin-view", "view", "oidc:erin")]).OfType<V1Role>().Single(one => one.Metadata.NamespaceProperty == "payments-prod");
        Assert.Equal(["edit", "view"], other.Rules.Where(rule => rule.Verbs.Contains("bind")).SelectMany(rule => rule.ResourceNames).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AdmissionPolicy_StandingBindings_AreNamedAndEveryOtherRuleStays()
    {
        var policy = AdmissionPolicy.Manifests(
            Sandbox, PortalAccount.Default, "oidc:", TimeSpan.FromHours(4), [Standing("monitoring", "erin-edit", "edit", "oidc:erin"), Standing(null, "boss\"] || true", "cluster-admin", "oidc:erin")])
            .OfType<V1ValidatingAdmissionPolicy>().First();
        var before = Policies().OfType<V1ValidatingAdmissionPolicy>().First();
        var standing = policy.Spec.Variables.Single(variable => variable.Name == "standing").Expression;

        Assert.Contains("""in ["* boss\"] || true", "monitoring erin-edit"]""", standing, StringComparison.Ordinal);
        Assert.Contains("""variables.place == "monitoring" && object.metadata.name == "erin-edit" && object.roleRef.kind == "ClusterRole" && object.roleRef.name == "edit" && has(object.subjects) && object.subjects.map(s, s.kind + " " + s.name) == ["User oidc:erin", "Group ops"]""", standing, StringComparison.Ordinal);
        Assert.StartsWith("""request.operation == "DELETE" ?""", standing, StringComparison.Ordinal);
        // Nothing is updated and nothing is held, whatever it is called.
        Assert.Equal(before.Spec.Validations.Count, policy.Spec.Validations.Count);
        Assert.Equal(
            ["Lapse never changes a binding.", "Nothing may hold up the deletion of a binding of a grant."],
            policy.Spec.Validations.Where(rule => !rule.Expression.StartsWith("variables.standing || (", StringComparison.Ordinal)).Select(rule => rule.Message));
        var bare = Literal().Replace(standing, "");
        Assert.DoesNotContain('"', bare);
        foreach (var (open, close) in new[] { ('(', ')'), ('[', ']') }) Assert.Equal(bare.Count(open.Equals), bare.Count(close.Equals));
    }

    [Fact]
    public void ReaperCronJob_HasTheGeneratedRightsAndALockedDownPod()
    {
        var objects = Load("reaper-cronjob.yaml");
        var generated = ClusterRights.ReaperManifests(new("lapse-reaper", "lapse-reaper"));
        Assert.Equal(KubernetesYaml.Serialize(generated.OfType<V1ClusterRole>().Single()), KubernetesYaml.Serialize(objects.OfType<V1ClusterRole>().Single()));
        Assert.Equal(KubernetesYaml.Serialize(generated.OfType<V1ClusterRoleBinding>().Single()), KubernetesYaml.Serialize(objects.OfType<V1ClusterRoleBinding>().Single()));

        var sign = ClusterRights.ReaperSignManifests(new("lapse-reaper", "lapse-reaper"), PortalAccount.Default);
        foreach (var one in sign) Assert.Contains(KubernetesYaml.Serialize(one), objects.Select(KubernetesYaml.Serialize));
        // Nothing but the verbs that a run needs, and beside bindings one object by name.
        var rules = objects.OfType<V1Role>().SelectMany(role => role.Rules).ToList();
        Assert.All(rules, rule => Assert.Equal(["lapse-reaper"], rule.ResourceNames));
        Assert.Equal(["patch", "get"], rules.Select(rule => Assert.Single(rule.Verbs)));
        Assert.Equal(["get", "list", "delete"], Assert.Single(objects.OfType<V1ClusterRole>().Single().Rules).Verbs);

        var job = objects.OfType<V1CronJob>().Single().Spec;
        var pod = job.JobTemplate.Spec.Template.Spec;
        var container = pod.Containers.Single();
        Assert.Equal("Forbid", job.ConcurrencyPolicy);
        Assert.Equal("lapse-reaper", pod.ServiceAccountName);
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
        Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal("reap", container.Args[0]);
        Assert.Contains("--sign", container.Args);
        var lifetime = TimeSpan.Parse(container.Args[container.Args.IndexOf("--maximum-lifetime") + 1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(lifetime >= ElevatedRoleRules.LongestMaximum + Grant.UsableWithin);
        var keys = pod.Volumes.Single(volume => volume.ConfigMap is not null);
        Assert.Equal(objects.OfType<V1ConfigMap>().Single().Metadata.Name, keys.ConfigMap.Name);
        Assert.Equal(container.Args[container.Args.IndexOf("--public-key") + 1], container.VolumeMounts.Single(mount => mount.Name == keys.Name).MountPath);
    }

    private static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Policies() =>
        AdmissionPolicy.Manifests(Sandbox, PortalAccount.Default, "oidc:", TimeSpan.FromHours(4) + TimeSpan.FromMinutes(2));

    private static List<object> Load(string file) => KubernetesYaml.LoadAllFromString(File.ReadAllText(PathOf(file)), strict: true);

    private static string WithoutHead(string file)
    {
        var text = File.ReadAllText(PathOf(file));
        return text[text.IndexOf("---\n", StringComparison.Ordinal)..];
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "deploy", file));

    [GeneratedRegex("matches\\(\"(.*)\"\\)")]
    private static partial Regex MatchesArgument();

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Literal();
}

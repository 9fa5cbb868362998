using CsCheck;
using Lapse.Domain.Rbac;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class RoleInWordsTests
{
    [Fact]
    public void Describe_View_ReadsAndNothingElse() => Assert.Equal(
        [
            "None: Can read Deployments, Pods and 22 more kinds in payments-prod.",
            "None: Cannot change anything.",
            "None: Cannot read Secrets.",
        ],
        Sentences(DefaultRoles.View, "payments-prod"));

    [Fact]
    public void Describe_Edit_SaysDangersThenChangesThenReadsThenLimits() => Assert.Equal(
        [
            "Dangerous: Can read Secrets in payments-prod.",
            "Dangerous: Can create or change Secrets in payments-prod.",
            "Dangerous: Can run commands in running Pods in payments-prod.",
            "Dangerous: Can attach to running Pods in payments-prod.",
            "Dangerous: Can forward ports of Pods to their own machine in payments-prod.",
            "Dangerous: Can act as the service accounts in payments-prod.",
            "Dangerous: Can run containers of their choice through Deployments, Pods and 6 more kinds in payments-prod.",
            "Notable: Can send requests to Pods and Services through the API server in payments-prod.",
            "Notable: Can change and delete Deployments, Pods and 16 more kinds in payments-prod.",
            "None: Can read Deployments, Pods and 22 more kinds in payments-prod.",
            "None: Cannot change roles.",
        ],
        Sentences(DefaultRoles.Edit, "payments-prod"));

    [Fact]
    public void Describe_Admin_IsEditAndRoles()
    {
        var edit = Sentences(DefaultRoles.Edit, "web-prod");
        var admin = Sentences(DefaultRoles.Admin, "web-prod");

        Assert.Equal(
            ["Dangerous: Can change RoleBindings in web-prod.", "Dangerous: Can change Roles in web-prod."],
            admin.Except(edit).Where(sentence => sentence.StartsWith("Dangerous", StringComparison.Ordinal)));
        Assert.Contains("None: Can ask the API server who may do what.", admin);
        Assert.DoesNotContain("None: Cannot change roles.", admin);
    }

    [Fact]
    public void Describe_ClusterAdmin_IsOneSentence()
    {
        Assert.Equal(["Dangerous: Can do everything in the whole cluster."], Sentences(DefaultRoles.ClusterAdmin, null));
        Assert.Equal(["Dangerous: Can do everything in dev."], Sentences(DefaultRoles.ClusterAdmin, "dev"));
    }

    // verbs | groups | resources | names; a dash is the empty text.
    [Theory]
    [InlineData("get|-|secrets|db,api", "Dangerous: Can read Secrets (only api and db) in every namespace.")]
    [InlineData("create|-|pods/exec|", "Dangerous: Can run commands in running Pods in every namespace.")]
    [InlineData("get|-|pods/exec|", "Dangerous: Can run commands in running Pods in every namespace.")]
    [InlineData("patch|-|pods/ephemeralcontainers|", "Dangerous: Can add containers to running Pods in every namespace.")]
    [InlineData("impersonate|-|users,groups|", "Dangerous: Can act as other people and groups.")]
    [InlineData("impersonate|authentication.k8s.io|userextras/scopes,uids|", "Dangerous: Can act as other people and groups.")]
    [InlineData("bind|rbac.authorization.k8s.io|clusterroles|edit", "Dangerous: Can bind roles beyond their own rights (only edit).")]
    [InlineData("escalate|rbac.authorization.k8s.io|roles|", "Dangerous: Can write roles beyond their own rights in every namespace.")]
    [InlineData("create|rbac.authorization.k8s.io|clusterrolebindings|", "Dangerous: Can change ClusterRoleBindings.")]
    [InlineData("patch|rbac.authorization.k8s.io|clusterroles|", "Dangerous: Can change ClusterRoles.")]
    [InlineData("create|batch|cronjobs,jobs|", "Dangerous: Can run containers of their choice through Jobs and CronJobs in every namespace.")]
    [InlineData("create|-|serviceaccounts/token|ci", "Dangerous: Can issue tokens of the service accounts (only ci) in every namespace.")]
    [InlineData("delete|admissionregistration.k8s.io|validatingwebhookconfigurations|", "Dangerous: Can change ValidatingWebhookConfigurations.")]
    [InlineData("patch|admissionregistration.k8s.io|mutatingadmissionpolicies|", "Dangerous: Can change MutatingAdmissionPolicies.")]
    [InlineData("update|certificates.k8s.io|certificatesigningrequests/approval|", "Dangerous: Can approve certificates.")]
    [InlineData("get|-|nodes/proxy|", "Dangerous: Can reach the kubelets through the API server.")]
    [InlineData("delete|apiextensions.k8s.io|customresourcedefinitions|", "Dangerous: Can change CustomResourceDefinitions.")]
    [InlineData("create|-|persistentvolumes|", "Dangerous: Can create or change PersistentVolumes.")]
    [InlineData("delete|-|namespaces|", "Dangerous: Can change Namespaces.")]
    [InlineData("use|policy|podsecuritypolicies|p", "Notable: Can use PodSecurityPolicies (only p).")]
    [InlineData("get|-|services/proxy|", "Notable: Can send requests to Pods and Services through the API server in every namespace.")]
    [InlineData("create|-|pods/eviction|", "Notable: Can evict Pods in every namespace.")]
    [InlineData("delete|-|configmaps,services|", "Notable: Can delete Services and ConfigMaps in the whole cluster.")]
    [InlineData("update|-|configmaps|app", "Notable: Can change existing ConfigMaps (only app) in the whole cluster.")]
    [InlineData("create|-|configmaps|", "Notable: Can create ConfigMaps in the whole cluster.")]
    [InlineData("create,delete|networking.k8s.io|networkpolicies|", "Notable: Can create and delete NetworkPolicies in the whole cluster.")]
    [InlineData("patch|apps|deployments/scale|", "Notable: Can change the scale of Deployments in the whole cluster.")]
    [InlineData("patch|apps|*/scale|", "Notable: Can change the scale of every kind of apps in the whole cluster.")]
    [InlineData("delete|example.com|widgets|", "Notable: Can delete widgets (example.com) in the whole cluster.")]
    [InlineData("sync|argoproj.io|applications|", "Notable: Can use the verb \"sync\" on applications (argoproj.io) in the whole cluster.")]
    [InlineData("get|-|pods,pods/log,pods/status|", "None: Can read Pods and the logs of Pods in the whole cluster.")]
    [InlineData("get|*|*|", "None: Can read every kind in the whole cluster.")]
    [InlineData("get|apps|*,deployments|", "None: Can read every kind of apps in the whole cluster.")]
    [InlineData("create|authorization.k8s.io|subjectaccessreviews|", "None: Can ask the API server who may do what.")]
    public void Describe_OneAbility_HasItsSentence(string rule, string expected) =>
        Assert.Contains(expected, Sentences(EscalationTests.Role(rule), null));

    [Theory]
    [InlineData("get|-|pods|", "secret")]
    [InlineData("delete|-|secrets|", "read Secrets in")]
    [InlineData("get|-|pods/log|", "commands")]
    [InlineData("get|-|serviceaccounts|", "act as")]
    [InlineData("create|-|secrets|db", "Secrets (only")]
    [InlineData("get|rbac.authorization.k8s.io|roles|", "change Roles")]
    [InlineData("delete|apps|deployments|", "run containers")]
    [InlineData("update|example.com|deployments|", "Deployments")]
    [InlineData("deletecollection|-|configmaps|app", "delete")]
    public void Describe_NearMiss_DoesNotSayIt(string rule, string unexpected) =>
        Assert.DoesNotContain(Sentences(EscalationTests.Role(rule), "dev"), sentence => sentence.Contains(unexpected, StringComparison.Ordinal));

    [Theory]
    [InlineData("create|-|nodes/proxy|")]
    [InlineData("impersonate|-|users|")]
    [InlineData("*|admissionregistration.k8s.io|validatingwebhookconfigurations|")]
    [InlineData("*|certificates.k8s.io|certificatesigningrequests,certificatesigningrequests/approval|")]
    [InlineData("delete|-|nodes,persistentvolumes|")]
    public void Describe_ClusterScopedInANamespace_GivesNothing(string rule)
    {
        Assert.Equal(["None: Cannot do anything."], Sentences(EscalationTests.Role(rule), "dev"));
        Assert.DoesNotContain("None: Cannot do anything.", Sentences(EscalationTests.Role(rule), null));
    }

    [Fact]
    public void Describe_NamespacesInANamespace_MeansItself()
    {
        Assert.Contains("Dangerous: Can change or delete the Namespace dev itself.", Sentences(EscalationTests.Role("delete|-|namespaces|"), "dev"));
        Assert.DoesNotContain(
            Sentences(EscalationTests.Role("delete|-|namespaces|other"), "dev"), sentence => sentence.StartsWith("Dangerous", StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_Urls_AreSaidClusterWideOnly()
    {
        var rules = RoleRules.From([new PolicyRule { Verbs = ["get"], NonResourceUrls = ["/metrics", "/healthz"] }]);

        Assert.Contains("None: Can read /healthz and /metrics of the API server itself.", Sentences(rules, null));
        Assert.Equal(["None: Cannot do anything."], Sentences(rules, "dev"));
    }

    [Fact]
    public void Describe_WildcardVerb_IncludesTheVerbsThatEscalate()
    {
        var sentences = Sentences(EscalationTests.Role("*|rbac.authorization.k8s.io|roles|"), "dev");

        Assert.Contains("Dangerous: Can bind roles beyond their own rights in dev.", sentences);
        Assert.Contains("Dangerous: Can write roles beyond their own rights in dev.", sentences);
    }

    [Fact]
    public void Describe_Dangerous_AlwaysHasAReason() =>
        Gen.Select(RbacGen.Role, Gen.Bool).Sample((role, clusterWide) =>
            RoleInWords.Describe(role, clusterWide ? null : "dev") is { Count: > 0 } abilities
            && abilities.All(ability => ability.Sentence.EndsWith('.') && (ability.Danger != RoleDanger.Dangerous || ability.Reason is not null))
            && abilities.Zip(abilities.Skip(1)).All(pair => pair.First.Danger >= pair.Second.Danger));

    [Fact]
    public void Atoms_Rules_AreShortLinesOnceEach() => Assert.Equal(
        [
            "get /metrics", "delete secrets (core)", "get secrets \"db\" (core)", "do anything with every resource (every group)",
            "patch deployments/scale (apps)",
        ],
        RoleInWords.Atoms(
        [
            new PolicyRule { Verbs = ["patch"], ApiGroups = ["apps"], Resources = ["deployments/scale"] },
            new PolicyRule { Verbs = ["delete", "delete"], ApiGroups = [""], Resources = ["secrets"] },
            new PolicyRule { Verbs = ["get"], ApiGroups = [""], Resources = ["secrets"], ResourceNames = ["db"] },
            new PolicyRule { Verbs = ["*"], ApiGroups = ["*"], Resources = ["*"] },
            new PolicyRule { Verbs = ["get"], NonResourceUrls = ["/metrics"] },
        ]));

    private static string[] Sentences(RoleRules rules, string? namespaceName) =>
        [.. RoleInWords.Describe(rules, namespaceName).Select(ability => $"{ability.Danger}: {ability.Sentence}")];
}

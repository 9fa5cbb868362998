using System.Collections.Immutable;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The checks that look at rules, in one table, and what decides the severity of those that depend on more than the place.</summary>
internal static class AbilityChecks
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";
    private const string Certificates = "certificates.k8s.io";
    private const string KubeSystem = "kube-system";
    private const Severity Info = Severity.Info, Low = Severity.Low, Medium = Severity.Medium, High = Severity.High, Critical = Severity.Critical;
    private static readonly string[] Write = ["create", "update", "patch"];
    private static readonly string[] Change = ["create", "update", "patch", "delete", "deletecollection"];
    private static readonly string[] Delete = ["delete", "deletecollection"];
    private static readonly string[] Stream = ["create", "get"];
    // ConfigMaps of kube-system that steer the cluster.
    private static readonly string[] Steering = ["aws-auth", "coredns", "coredns-custom", "kube-dns", "kube-proxy", "kubeadm-config", "kubelet-config", "extension-apiserver-authentication", "node-local-dns", "cluster-autoscaler-status"];
    private static readonly string[] ClientSigners = ["kubernetes.io/kube-apiserver-client", "kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/legacy-unknown", "kubernetes.io/*"];

    private static readonly Target[] WriteBindings = [new(Rbac, "rolebindings", Write), new(Rbac, "clusterrolebindings", Write)];
    private static readonly Target[] WriteRoles = [new(Rbac, "roles", Write), new(Rbac, "clusterroles", Write)];
    private static readonly Target[] RemovePods = [new("", "pods", Delete), new("", "pods/eviction", "create")];

    internal static ImmutableArray<AbilityCheck> Table { get; } =
    [
        new(Checks.ReadSecrets, "read Secrets", Critical, Critical, High, new Target("", "secrets", "get", "list", "watch")) { Judge = Secrets },
        new(Checks.ListSecrets, "list every Secret", Critical, Critical, High, new Target("", "secrets", "list", "watch")) { Judge = (hit, context) => hit.Binding.IsClusterWide && !hit.IsNamed ? Critical : null },
        new(Checks.WriteSecrets, "create or change Secrets", Critical, Critical, Medium, new Target("", "secrets", Write)),
        new(Checks.IssueTokens, "issue tokens of ServiceAccounts", Critical, Critical, Medium, new Target("", "serviceaccounts/token", "create")) { Judge = Tokens },
        new(Checks.Impersonate, "act as others", Critical, Critical, Medium,
            new("", "users", "impersonate"), new("", "groups", "impersonate"), new("", "serviceaccounts", "impersonate")) { Judge = Impersonation },
        new(Checks.BindRoles, "bind roles beyond their own rights", Critical, Critical, High, new(Rbac, "clusterroles", "bind"), new(Rbac, "roles", "bind")) { Judge = Binding },
        new(Checks.EscalateRoles, "write roles beyond their own rights", Critical, Critical, High, new(Rbac, "clusterroles", "escalate"), new(Rbac, "roles", "escalate"))
            { Judge = (hit, context) => Halved(hit, context, WriteRoles) },
        new(Checks.RunWorkloads, "run workloads", Critical, Critical, Medium,
            new("", "pods", "create"), new("apps", "deployments", Write), new("apps", "daemonsets", Write), new("apps", "statefulsets", Write),
            new("apps", "replicasets", Write), new("", "replicationcontrollers", Write), new("batch", "jobs", Write), new("batch", "cronjobs", Write)),
        new(Checks.ChangePods, "change existing Pods", High, High, Medium, new Target("", "pods", "update", "patch")),
        new(Checks.EnterPods, "run commands in Pods", High, High, Medium, new("", "pods/exec", Stream), new("", "pods/attach", Stream)),
        new(Checks.EphemeralContainers, "add containers to running Pods", High, High, Medium, new Target("", "pods/ephemeralcontainers", "update", "patch")),
        new(Checks.ForwardPorts, "forward ports of Pods", Medium, Medium, Low, new Target("", "pods/portforward", Stream)),
        new(Checks.NodesProxy, "reach the kubelets", Critical, Critical, Critical, new Target("", "nodes/proxy", Stream)),
        new(Checks.ApproveCertificates, "approve client certificates", Critical, Critical, Critical, new Target(Certificates, "certificatesigningrequests/approval", "update", "patch")) { Judge = Approval },
        new(Checks.Webhooks, "change admission webhooks", Critical, Critical, Critical, new(Admission, "mutatingwebhookconfigurations", Change), new(Admission, "validatingwebhookconfigurations", Change)) { Judge = WebhooksAt },
        new(Checks.AdmissionPolicies, "change admission policies", High, High, High,
            new(Admission, "validatingadmissionpolicies", Change), new(Admission, "validatingadmissionpolicybindings", Change),
            new(Admission, "mutatingadmissionpolicies", Change), new(Admission, "mutatingadmissionpolicybindings", Change)),
        new(Checks.PolicyEngines, "change the rules of a policy engine", High, Medium, Medium,
            new("templates.gatekeeper.sh", "constrainttemplates", Change), new("constraints.gatekeeper.sh", PolicyRule.All, Change), new("config.gatekeeper.sh", "configs", Change),
            new("mutations.gatekeeper.sh", "assign", Change), new("mutations.gatekeeper.sh", "assignmetadata", Change), new("mutations.gatekeeper.sh", "modifyset", Change),
            new("kyverno.io", "clusterpolicies", Change), new("kyverno.io", "policies", Change), new("kyverno.io", "policyexceptions", Change),
            new("policies.kyverno.io", "validatingpolicies", Change), new("policies.kyverno.io", "mutatingpolicies", Change), new("policies.kyverno.io", "policyexceptions", Change)),
        new(Checks.CustomResourceDefinitions, "change CustomResourceDefinitions", Medium, Medium, Medium, new Target("apiextensions.k8s.io", "customresourcedefinitions", Change)),
        new(Checks.Volumes, "make PersistentVolumes", High, High, High, new("", "persistentvolumes", Write), new("storage.k8s.io", "storageclasses", Write)) { Judge = VolumesAt },
        new(Checks.Network, "change how traffic flows", Medium, Medium, Low,
            new("networking.k8s.io", "networkpolicies", Change), new("extensions", "networkpolicies", Change), new("networking.k8s.io", "ingresses", Write), new("extensions", "ingresses", Write),
            new("", "services", Write), new("", "services/status", "update", "patch"), new("", "endpoints", Write), new("discovery.k8s.io", "endpointslices", Write),
            new("gateway.networking.k8s.io", "gateways", Write), new("gateway.networking.k8s.io", "httproutes", Write), new("gateway.networking.k8s.io", "grpcroutes", Write),
            new("gateway.networking.k8s.io", "tcproutes", Write), new("gateway.networking.k8s.io", "tlsroutes", Write), new("gateway.networking.k8s.io", "referencegrants", Write),
            new("policy.networking.k8s.io", "adminnetworkpolicies", Change), new("policy.networking.k8s.io", "baselineadminnetworkpolicies", Change)),
        new(Checks.SystemConfigMaps, "change ConfigMaps that steer the cluster", High, High, High, new Target("", "configmaps", "update", "patch", "delete")) { Judge = ConfigMaps },
        new(Checks.DeleteWorkloads, "delete workloads", High, High, Low,
            new("", "pods", Delete), new("apps", "deployments", Delete), new("apps", "statefulsets", Delete), new("apps", "daemonsets", Delete), new("apps", "replicasets", Delete),
            new("batch", "jobs", Delete), new("batch", "cronjobs", Delete), new("", "replicationcontrollers", Delete), new("", "namespaces", Delete)) { Judge = Deletion },
        new(Checks.DeleteEvents, "delete Events", Medium, Medium, Low, new("", "events", Delete), new("events.k8s.io", "events", Delete)),
        new(Checks.StealPods, "change nodes and take Pods away from them", High, High, High, new Target("", "nodes", "update", "patch", "delete"))
            { Judge = (hit, context) => !context.Can(hit.Subject, RemovePods) ? null : hit.IsNamed ? Medium : High },
        new(Checks.Status, "write the status of nodes or Pods", Medium, Low, Low, new("", "nodes/status", "update", "patch"), new("", "pods/status", "update", "patch")),
        new(Checks.Aggregation, "put a label on a ClusterRole that adds its rules to others", High, High, High, new Target(Rbac, "clusterroles", Write)) { Judge = Aggregated, Besides = AggregatedRoles },
        new(Checks.NamespaceLabels, "change the labels of namespaces", High, High, Medium, new Target("", "namespaces", "update", "patch")) { Judge = Labels },
    ];

    /// <summary>What a graver finding of the same binding says already, so that it is not said apart.</summary>
    internal static ImmutableArray<(Check Whole, Check Part)> Folded { get; } =
    [
        // A Pod has its ServiceAccount's token and any Secret of the namespace without asking.
        (Checks.RunWorkloads, Checks.IssueTokens), (Checks.RunWorkloads, Checks.WriteSecrets),
        (Checks.ListSecrets, Checks.ReadSecrets), (Checks.RunWorkloads, Checks.ChangePods), (Checks.RunWorkloads, Checks.EnterPods),
        (Checks.RunWorkloads, Checks.EphemeralContainers), (Checks.RunWorkloads, Checks.ForwardPorts), (Checks.RunWorkloads, Checks.DeleteWorkloads),
        (Checks.EnterPods, Checks.ForwardPorts), (Checks.EscalateRoles, Checks.Aggregation), (Checks.Webhooks, Checks.AdmissionPolicies),
    ];

    // A Secret with the token of a ServiceAccount that becomes administrator is worth as much as that.
    private static Severity? Secrets(AbilityHit hit, AuditContext context)
    {
        if (!hit.IsNamed) return hit.Ability.Placed(hit, context);
        var tokens = context.Read.Tokens.Where(token => hit.Names.Contains(token.Name) && (hit.Binding.IsClusterWide || hit.Binding.Namespace == token.Namespace));
        if (tokens.Any(token => context.BecomesAdmin(Subject.OfAccount(token.Namespace, token.ServiceAccount)))) return Critical;
        return hit.Binding.IsClusterWide || context.IsPrivileged(hit.Binding.Namespace) ? Medium : Low;
    }

    private static Severity? Tokens(AbilityHit hit, AuditContext context) =>
        !hit.IsNamed ? hit.Ability.Placed(hit, context) : NamesAdmin(hit, context) ? Critical : Low;

    private static bool NamesAdmin(AbilityHit hit, AuditContext context) =>
        context.Admins.Any(subject => hit.Names.Contains(subject.Name) && (hit.Binding.IsClusterWide || hit.Binding.Namespace == subject.Namespace));

    private static Severity? Impersonation(AbilityHit hit, AuditContext context)
    {
        var open = hit.Rules.Where(rule => rule.Names.IsEmpty).ToList();
        if (open.Exists(rule => rule.Target.Resource is "users" or "groups")) return Critical;
        if (open.Count > 0) return hit.Ability.Placed(hit with { Rules = [.. open] }, context);
        var named = hit.Rules.SelectMany(rule => rule.Names.Select(name => (rule.Target.Resource, Name: name)));
        foreach (var (resource, name) in named)
        {
            if (resource == "groups" && (name == Requester.Masters || Everything(context, Subject.OfGroup(name)))) return Critical;
            if (resource == "users" && Everything(context, new Subject(SubjectKind.User, name))) return Critical;
        }

        return NamesAdmin(hit, context) ? Critical : Low;
    }

    private static bool Everything(AuditContext context, Subject subject) =>
        context.Holdings(subject).Any(holding => holding.Binding.IsClusterWide && holding.Role is { } role && role.Rules.Any(RoleAbilities.IsEverything));

    // Named roles are as grave as the gravest of them.
    private static Severity? Binding(AbilityHit hit, AuditContext context)
    {
        if (!hit.IsNamed) return Halved(hit, context, WriteBindings);
        var roles = hit.Rules.SelectMany(rule => rule.Names.Select(name => context.Index.Role(rule.Target.Resource == "roles" ? hit.Binding.Namespace : "", name))).OfType<RoleObject>().ToList();
        var worst = roles.Exists(role => role.Rules.Any(RoleAbilities.IsEverything)) ? hit.Ability.Placed(hit with { Rules = [hit.Rules[0] with { Names = [] }] }, context)
            : roles.Exists(role => Worst(role) >= High) ? High
            : Low;
        return context.Can(hit.Subject, WriteBindings) ? worst : AbilityCheck.Lower(worst);
    }

    // Half of it: without the right to write there is nothing to bind or escalate yet.
    private static Severity? Halved(AbilityHit hit, AuditContext context, Target[] write)
    {
        var severity = hit.Ability.Placed(hit, context);
        return context.Can(hit.Subject, write) ? severity : AbilityCheck.Lower(severity);
    }

    /// <summary>The gravest that a role's rules are in the whole cluster, whoever has them.</summary>
    internal static Severity Worst(RoleObject role) => Worst(role, Enumerable.Range(0, role.Rules.Length));

    /// <summary>The gravest that some rules are in the whole cluster, whoever has them.</summary>
    internal static Severity Worst(RoleObject role, IEnumerable<int> rules)
    {
        var all = rules.ToList();
        if (all.Exists(rule => RoleAbilities.IsEverything(role.Rules[rule]))) return Critical;
        return Table.Where(ability => ability.In(role, all, clusterWide: true).Any(hit => hit.Names.IsEmpty)).Select(ability => ability.ClusterWide).DefaultIfEmpty(Info).Max();
    }

    // Without approve on a signer the API server takes no approval.
    private static Severity? Approval(AbilityHit hit, AuditContext context)
    {
        var signers = context.Holdings(hit.Subject).Where(holding => holding.Binding.IsClusterWide).SelectMany(holding => holding.Role?.Rules ?? [])
            .Where(rule => RuleMatch.Verbs(rule, new Target(Certificates, "signers", "approve")).Length > 0).ToList();
        if (signers.Count == 0) return Low;
        if (!signers.Exists(rule => rule.ResourceNames.IsEmpty || rule.ResourceNames.Any(ClientSigners.Contains))) return Medium;
        return context.Can(hit.Subject, new Target(Certificates, "certificatesigningrequests", "create")) ? Critical : High;
    }

    private static Severity? WebhooksAt(AbilityHit hit, AuditContext context)
    {
        var rewrites = hit.Rules.Any(rule => rule.Names.IsEmpty && rule.Target.Resource[0] == 'm' && rule.Verbs.Any(verb => verb is "create" or "update" or "patch" or PolicyRule.All));
        return rewrites ? Critical : hit.IsNamed ? Medium : High;
    }

    private static Severity? VolumesAt(AbilityHit hit, AuditContext context)
    {
        var volumes = hit.Rules.Any(rule => rule.Target.Resource == "persistentvolumes" && rule.Verbs.Contains("create"));
        return volumes ? High : hit.IsNamed ? Low : Medium;
    }

    private static Severity? ConfigMaps(AbilityHit hit, AuditContext context)
    {
        if (!hit.Binding.IsClusterWide && hit.Binding.Namespace != KubeSystem) return null;
        return !hit.IsNamed || hit.Names.Any(Steering.Contains) ? High : null;
    }

    private static Severity? Deletion(AbilityHit hit, AuditContext context)
    {
        if (hit.IsNamed) return null;
        var severity = hit.Ability.Placed(hit, context);
        var everything = hit.Rules.Any(rule => hit.Role.Rules[rule.Rule].Resources.Contains(PolicyRule.All));
        return everything && severity == Low ? Medium : severity;
    }

    private static Severity? Aggregated(AbilityHit hit, AuditContext context)
    {
        if (context.Index.Roles.All(role => role.Aggregates.IsEmpty)) return null;
        return hit.IsNamed ? Medium : High;
    }

    private static string AggregatedRoles(AuditContext context)
    {
        var roles = context.Index.Roles.Where(role => !role.Aggregates.IsEmpty).OrderBy(role => role.Name, StringComparer.Ordinal).ToList();
        var words = roles.Take(3).Select(role => $"{role.Name} ({role.Aggregates[0]}, given by {context.Index.BindingsOf(role).Length} bindings)");
        return $" That reaches {RoleInWords.Join([.. words, .. roles.Count > 3 ? new[] { $"{roles.Count - 3} more" } : []])}. Without escalate only what the subject may do itself can be added.";
    }

    private static Severity? Labels(AbilityHit hit, AuditContext context)
    {
        if (!hit.Binding.IsClusterWide && hit.IsNamed && !hit.Names.Contains(hit.Binding.Namespace)) return null;
        return hit.Ability.Placed(hit, context);
    }
}

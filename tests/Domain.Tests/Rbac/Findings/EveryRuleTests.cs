using Lapse.Domain.Rbac.Findings;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>
/// Each single permission that a check looks for triggers it by itself, and what stands beside it in the API does not: a list in which one
/// entry is swallowed by its neighbour is noticed here.
/// </summary>
public class EveryRuleTests
{
    private const string Cluster = "whole\nclusterrole cluster-admin * *:*\nclusterrole sum <to-sum get pods\nnamespace kube-system\nnamespace dev\n";

    // The check, what else the subject has, what triggers it in the whole cluster, and the near misses.
    [Theory]
    [InlineData("LR003", "", "get,list,watch secrets", "create,update,patch,delete,deletecollection secrets; get,list,watch configmaps,secrets/status,example.com:secrets")]
    [InlineData("LR004", "", "list,watch secrets", "get,create secrets; list configmaps")]
    [InlineData("LR005", "", "create,update,patch secrets", "get,list,watch,delete,deletecollection secrets; create configmaps")]
    [InlineData("LR006", "", "create serviceaccounts/token", "get,update,patch serviceaccounts/token; create,update,patch serviceaccounts")]
    [InlineData("LR007", "", "impersonate users,groups,serviceaccounts", "get,create,delete users,groups,serviceaccounts; impersonate pods,example.com:users")]
    [InlineData("LR008", "", "bind rbac:roles,rbac:clusterroles", "get,create,update,patch,delete rbac:roles,rbac:clusterroles,rbac:rolebindings,rbac:clusterrolebindings; bind rbac:rolebindings,rbac:clusterrolebindings,example.com:clusterroles")]
    [InlineData("LR009", "", "escalate rbac:roles,rbac:clusterroles", "get,create,update,patch,delete,bind rbac:roles,rbac:clusterroles; escalate rbac:clusterrolebindings,example.com:clusterroles")]
    [InlineData("LR010", "", "create pods; create,update,patch apps:deployments,apps:daemonsets,apps:statefulsets,apps:replicasets,replicationcontrollers,batch:jobs,batch:cronjobs", "get,list,watch,delete pods,apps:deployments,batch:cronjobs; create deployments,apps:pods,batch:deployments,apps:deployments/scale")]
    [InlineData("LR011", "", "update,patch pods", "get,delete pods; update,patch pods/status,pods/log")]
    [InlineData("LR012", "", "create,get pods/exec,pods/attach", "delete,update pods/exec; create,get pods,pods/log,pods/proxy,pods/*")]
    [InlineData("LR013", "", "update,patch pods/ephemeralcontainers", "get,create pods/ephemeralcontainers; update pods/status")]
    [InlineData("LR014", "", "create,get pods/portforward", "update,delete pods/portforward; get pods/log")]
    [InlineData("LR015", "", "create,get nodes/proxy", "get nodes,nodes/metrics,nodes/stats,nodes/log,nodes/healthz,nodes/pods,nodes/configz; create nodes; get services/proxy")]
    [InlineData("LR016", "", "update,patch certs:certificatesigningrequests/approval", "get,create certs:certificatesigningrequests; update certs:certificatesigningrequests,certs:certificatesigningrequests/status; approve certs:signers")]
    [InlineData("LR017", "", "create,update,patch,delete,deletecollection admission:mutatingwebhookconfigurations,admission:validatingwebhookconfigurations", "get,list,watch admission:mutatingwebhookconfigurations,admission:validatingwebhookconfigurations; create example.com:mutatingwebhookconfigurations")]
    [InlineData("LR018", "", "create,update,patch,delete,deletecollection admission:validatingadmissionpolicies,admission:validatingadmissionpolicybindings,admission:mutatingadmissionpolicies,admission:mutatingadmissionpolicybindings", "get,list,watch admission:validatingadmissionpolicies,admission:mutatingadmissionpolicybindings; create admission:mutatingwebhookconfigurations")]
    [InlineData("LR019", "", "create,update,patch,delete,deletecollection templates.gatekeeper.sh:constrainttemplates,constraints.gatekeeper.sh:*,config.gatekeeper.sh:configs,kyverno.io:clusterpolicies,kyverno.io:policies,kyverno.io:policyexceptions,policies.kyverno.io:validatingpolicies,policies.kyverno.io:policyexceptions", "get,list,watch templates.gatekeeper.sh:constrainttemplates,kyverno.io:clusterpolicies; delete wgpolicyk8s.io:policyreports")]
    [InlineData("LR020", "", "create,update,patch,delete,deletecollection apiextensions.k8s.io:customresourcedefinitions", "get,list,watch apiextensions.k8s.io:customresourcedefinitions; update apiextensions.k8s.io:customresourcedefinitions/status")]
    [InlineData("LR021", "", "create,update,patch persistentvolumes,storage.k8s.io:storageclasses", "get,list,delete persistentvolumes; create persistentvolumeclaims,storage.k8s.io:volumeattachments")]
    [InlineData("LR022", "", "create,update,patch,delete networking.k8s.io:networkpolicies; create,update,patch networking.k8s.io:ingresses,services,endpoints,discovery.k8s.io:endpointslices,gateway.networking.k8s.io:gateways,gateway.networking.k8s.io:httproutes,gateway.networking.k8s.io:grpcroutes,gateway.networking.k8s.io:tcproutes,gateway.networking.k8s.io:tlsroutes; update,patch services/status", "get,list,watch networking.k8s.io:networkpolicies,networking.k8s.io:ingresses,services,endpoints; get services/proxy; create example.com:ingresses")]
    [InlineData("LR023", "", "update,patch,delete configmaps", "get,list,watch,create configmaps; update secrets")]
    [InlineData("LR024", "", "delete,deletecollection pods,apps:deployments,apps:statefulsets,apps:daemonsets,apps:replicasets,replicationcontrollers,batch:jobs,batch:cronjobs,namespaces", "get,create,update,patch pods,apps:deployments; delete configmaps,example.com:widgets,apps:deployments/scale")]
    [InlineData("LR025", "", "delete,deletecollection events,events.k8s.io:events", "get,create,patch events,events.k8s.io:events; delete example.com:events")]
    [InlineData("LR026", "User ann may delete pods", "update,patch,delete nodes", "get,list,watch,create nodes; update nodes/status")]
    [InlineData("LR026", "User ann may update nodes", "delete,deletecollection pods; create pods/eviction", "get,create,update pods; get pods/eviction")]
    [InlineData("LR027", "", "update,patch nodes/status,pods/status", "get nodes/status,pods/status; update apps:deployments/status")]
    [InlineData("LR037", "", "create,update,patch rbac:clusterroles", "get,delete rbac:clusterroles; create,update,patch rbac:roles,rbac:clusterrolebindings")]
    [InlineData("LR043", "", "update,patch namespaces", "get,list,create,delete namespaces; update namespaces/status,namespaces/finalize")]
    public void Scan_EachPermissionAlone_TriggersItsCheckAndItsNeighboursDoNot(string check, string besides, string triggers, string nearMisses)
    {
        Assert.All(Singles(triggers), one => Assert.Contains(Of($"{besides}\nUser ann may {one}"), finding => Says(finding, check)));
        Assert.All(Singles(nearMisses), one => Assert.DoesNotContain(Of($"{besides}\nUser ann may {one}"), finding => Says(finding, check)));

        // And what is granted by a wildcard is at least as grave as what it grants.
        Assert.All(Singles(triggers), one =>
        {
            var (verb, resource) = (one.Split(' ')[0], one.Split(' ')[1]);
            var (group, name) = resource.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? (resource[..(colon + 1)], resource[(colon + 1)..]) : ("", resource);
            var grave = Of($"{besides}\nUser ann may {one}").Max(finding => finding.Severity);
            foreach (var wider in (string[])[$"* {resource}", $"{verb} {group}*", $"{verb} *:{name}", $"{verb} *:*"])
                Assert.True(Of($"{besides}\nUser ann may {wider}").Select(finding => (Severity?)finding.Severity).Max() >= grave, $"{wider} is found less grave than {one}, {grave}.");
        });
    }

    private static IEnumerable<string> Singles(string rules) =>
        from rule in rules.Split("; ") let words = rule.Split(' ') from verb in words[0].Split(',') from resource in words[1].Split(',') select $"{verb} {resource}";

    // A graver finding of the same binding says it in its evidence.
    private static bool Says(Finding finding, string check) => finding.Check.Id == check || finding.Evidence.Contains($"({check})", StringComparison.Ordinal);

    private static IReadOnlyList<Finding> Of(string state) => [.. RbacAudit.Scan(Sketch.Index(Cluster + state), new AuditSettings()).Findings.Where(finding => finding.Subject?.Name == "ann")];
}

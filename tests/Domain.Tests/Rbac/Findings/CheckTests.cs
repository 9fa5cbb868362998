using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>Each check: what must trigger it, how grave, and the near miss that must not.</summary>
public class CheckTests
{
    private const string Cluster = "whole\nclusterrole cluster-admin * *:*\nnamespace kube-system\nnamespace dev\n";

    // The check, the state, and the severity; a dash for a near miss, which must not trigger this check.
    [Theory]
    [InlineData("LR001", "ServiceAccount ci/bot has cluster-admin", "Critical")]
    [InlineData("LR001", "Group dev may get pods; * *:*", "Critical")]
    [InlineData("LR001", "Group dev may * *:* in dev", "-")]
    [InlineData("LR001", "Group dev may get,list,watch *:*", "-")]
    [InlineData("LR001", "Group dev may * apps:*", "-")]
    [InlineData("LR002", "Group dev has cluster-admin in dev", "High")]
    [InlineData("LR002", "Group dev has cluster-admin in kube-system", "Critical")]
    [InlineData("LR002", "Group dev may * * in dev", "-")]
    [InlineData("LR003", "User ann may get secrets", "Critical")]
    [InlineData("LR003", "User ann may get secrets in kube-system", "Critical")]
    [InlineData("LR003", "User ann may get secrets in dev", "High")]
    [InlineData("LR003", "User ann may list secrets in dev", "High")]
    [InlineData("LR003", "User ann may watch secrets in dev", "High")]
    [InlineData("LR003", "User ann may get secrets=db in dev", "Low")]
    [InlineData("LR003", "User ann may get secrets=db in kube-system", "Medium")]
    [InlineData("LR003", "token dev/t of root\nServiceAccount dev/root may * *:*\nUser ann may get secrets=t in dev", "Critical")]
    [InlineData("LR003", "User ann may get configmaps,pods/log in dev", "-")]
    [InlineData("LR003", "User ann may get example.com:secrets in dev", "-")]
    [InlineData("LR003", "User ann may delete secrets in dev", "-")]
    [InlineData("LR004", "User ann may list secrets", "Critical")]
    [InlineData("LR004", "User ann may watch secrets", "Critical")]
    [InlineData("LR004", "User ann may get secrets", "-")]
    [InlineData("LR004", "User ann may list secrets in dev", "-")]
    [InlineData("LR004", "User ann may list secrets=one", "-")]
    [InlineData("LR005", "User ann may create secrets in kube-system", "Critical")]
    [InlineData("LR005", "User ann may patch secrets", "Critical")]
    [InlineData("LR005", "User ann may update secrets in dev", "Medium")]
    [InlineData("LR005", "User ann may update secrets=x in dev", "Low")]
    [InlineData("LR005", "User ann may create secrets=x in dev", "-")]
    [InlineData("LR005", "User ann may get secrets in dev", "-")]
    [InlineData("LR006", "User ann may create serviceaccounts/token", "Critical")]
    [InlineData("LR006", "User ann may create serviceaccounts/token in dev", "Medium")]
    [InlineData("LR006", "User ann may create serviceaccounts/token=bot in dev", "Low")]
    [InlineData("LR006", "ServiceAccount dev/bot may * *:*\nUser ann may create serviceaccounts/token=bot in dev", "Critical")]
    [InlineData("LR006", "User ann may create serviceaccounts in dev", "-")]
    [InlineData("LR006", "User ann may get serviceaccounts/token in dev", "-")]
    [InlineData("LR007", "User ann may impersonate users", "Critical")]
    [InlineData("LR007", "User ann may impersonate groups", "Critical")]
    [InlineData("LR007", "User ann may impersonate groups=system:masters", "Critical")]
    [InlineData("LR007", "User ann may impersonate users=bob", "Low")]
    [InlineData("LR007", "User bob may * *:*\nUser ann may impersonate users=bob", "Critical")]
    [InlineData("LR007", "User ann may impersonate serviceaccounts in kube-system", "Critical")]
    [InlineData("LR007", "User ann may impersonate serviceaccounts in dev", "Medium")]
    [InlineData("LR007", "User ann may impersonate users in dev", "-")]
    [InlineData("LR007", "User ann may get users,groups,serviceaccounts", "-")]
    [InlineData("LR008", "User ann may bind rbac:clusterroles; create rbac:clusterrolebindings", "Critical")]
    [InlineData("LR008", "User ann may bind rbac:clusterroles", "High")]
    [InlineData("LR008", "User ann may bind rbac:clusterroles; create rbac:rolebindings in dev", "High")]
    [InlineData("LR008", "User ann may bind rbac:clusterroles; create rbac:rolebindings in kube-system", "Critical")]
    [InlineData("LR008", "User ann may bind rbac:clusterroles=cluster-admin; create rbac:clusterrolebindings", "Critical")]
    [InlineData("LR008", "clusterrole view get pods\nUser ann may bind rbac:clusterroles=view; create rbac:clusterrolebindings", "Low")]
    [InlineData("LR008", "User ann may create,update,patch rbac:clusterrolebindings,rbac:rolebindings", "-")]
    [InlineData("LR009", "User ann may escalate,update rbac:clusterroles", "Critical")]
    [InlineData("LR009", "User ann may escalate rbac:clusterroles", "High")]
    [InlineData("LR009", "User ann may escalate,patch rbac:roles in dev", "High")]
    [InlineData("LR009", "User ann may update,patch rbac:clusterroles", "-")]
    [InlineData("LR010", "User ann may create pods", "Critical")]
    [InlineData("LR010", "User ann may create pods in kube-system", "Critical")]
    [InlineData("LR010", "User ann may create pods in dev", "Medium")]
    [InlineData("LR010", "ServiceAccount dev/root may * *:*\naccount dev/root\nUser ann may create batch:jobs in dev", "Critical")]
    [InlineData("LR010", "User ann may patch apps:deployments=web in dev", "Low")]
    [InlineData("LR010", "User ann may update apps:deployments/scale in dev", "-")]
    [InlineData("LR010", "User ann may get,list,watch,delete pods,apps:deployments in dev", "-")]
    [InlineData("LR010", "User ann may create example.com:deployments in dev", "-")]
    [InlineData("LR011", "User ann may patch pods in kube-system", "High")]
    [InlineData("LR011", "User ann may update pods in dev", "Medium")]
    [InlineData("LR011", "User ann may patch pods/status in dev", "-")]
    [InlineData("LR012", "User ann may create pods/exec in kube-system", "High")]
    [InlineData("LR012", "User ann may get pods/exec in dev", "Medium")]
    [InlineData("LR012", "User ann may create pods/attach in dev", "Medium")]
    [InlineData("LR012", "User ann may get pods,pods/log in dev", "-")]
    [InlineData("LR012", "User ann may create pods/* in dev", "-")]
    [InlineData("LR013", "User ann may patch pods/ephemeralcontainers in dev", "Medium")]
    [InlineData("LR013", "User ann may get pods/ephemeralcontainers in dev", "-")]
    [InlineData("LR014", "User ann may create pods/portforward", "Medium")]
    [InlineData("LR014", "User ann may get pods/portforward in dev", "Low")]
    [InlineData("LR014", "User ann may delete pods/portforward in dev", "-")]
    [InlineData("LR015", "User ann may get nodes/proxy", "Critical")]
    [InlineData("LR015", "User ann may create nodes/proxy", "Critical")]
    [InlineData("LR015", "User ann may create nodes/proxy in dev", "-")]
    [InlineData("LR015", "User ann may get nodes,nodes/metrics,nodes/stats", "-")]
    [InlineData("LR016", "User ann may create certs:certificatesigningrequests; update certs:certificatesigningrequests/approval; approve certs:signers", "Critical")]
    [InlineData("LR016", "User ann may update certs:certificatesigningrequests/approval; approve certs:signers=kubernetes.io/kube-apiserver-client", "High")]
    [InlineData("LR016", "User ann may update certs:certificatesigningrequests/approval; approve certs:signers=kubernetes.io/kubelet-serving", "Medium")]
    [InlineData("LR016", "User ann may update certs:certificatesigningrequests/approval", "Low")]
    [InlineData("LR016", "User ann may create,get certs:certificatesigningrequests", "-")]
    [InlineData("LR017", "User ann may create admission:mutatingwebhookconfigurations", "Critical")]
    [InlineData("LR017", "User ann may delete admission:validatingwebhookconfigurations", "High")]
    [InlineData("LR017", "User ann may patch admission:mutatingwebhookconfigurations=mine", "Medium")]
    [InlineData("LR017", "User ann may list admission:validatingwebhookconfigurations", "-")]
    [InlineData("LR018", "User ann may delete admission:validatingadmissionpolicybindings", "High")]
    [InlineData("LR018", "User ann may get admission:validatingadmissionpolicies", "-")]
    [InlineData("LR019", "User ann may delete kyverno.io:clusterpolicies", "High")]
    [InlineData("LR019", "User ann may update constraints.gatekeeper.sh:k8srequiredlabels", "High")]
    [InlineData("LR019", "User ann may create kyverno.io:policyexceptions in dev", "Medium")]
    [InlineData("LR019", "User ann may get kyverno.io:clusterpolicies", "-")]
    [InlineData("LR019", "User ann may delete example.com:clusterpolicies", "-")]
    [InlineData("LR020", "User ann may delete apiextensions.k8s.io:customresourcedefinitions", "Medium")]
    [InlineData("LR020", "User ann may get apiextensions.k8s.io:customresourcedefinitions", "-")]
    [InlineData("LR021", "User ann may create persistentvolumes", "High")]
    [InlineData("LR021", "User ann may create storage.k8s.io:storageclasses", "Medium")]
    [InlineData("LR021", "User ann may create persistentvolumeclaims", "-")]
    [InlineData("LR022", "User ann may patch networking.k8s.io:networkpolicies", "Medium")]
    [InlineData("LR022", "User ann may create gateway.networking.k8s.io:httproutes in dev", "Low")]
    [InlineData("LR022", "User ann may patch services/status in dev", "Low")]
    [InlineData("LR022", "User ann may get networking.k8s.io:networkpolicies,services", "-")]
    [InlineData("LR023", "User ann may update configmaps in kube-system", "High")]
    [InlineData("LR023", "User ann may patch configmaps=coredns in kube-system", "High")]
    [InlineData("LR023", "User ann may patch configmaps=aws-auth", "High")]
    [InlineData("LR023", "User ann may patch configmaps=mine in kube-system", "-")]
    [InlineData("LR023", "User ann may update configmaps in dev", "-")]
    [InlineData("LR024", "User ann may delete,deletecollection *:*", "High")]
    [InlineData("LR024", "User ann may delete * in dev", "Medium")]
    [InlineData("LR024", "User ann may deletecollection apps:deployments in dev", "Low")]
    [InlineData("LR024", "User ann may delete pods=one in dev", "-")]
    [InlineData("LR024", "User ann may delete configmaps in dev", "-")]
    [InlineData("LR025", "User ann may delete events", "Medium")]
    [InlineData("LR025", "User ann may deletecollection events.k8s.io:events in dev", "Low")]
    [InlineData("LR025", "User ann may create,patch events in dev", "-")]
    [InlineData("LR026", "User ann may patch nodes; delete pods", "High")]
    [InlineData("LR026", "User ann may patch nodes\nUser ann may create pods/eviction in dev", "High")]
    [InlineData("LR026", "User ann may patch nodes", "-")]
    [InlineData("LR026", "User ann may delete pods", "-")]
    [InlineData("LR027", "User ann may patch nodes/status", "Medium")]
    [InlineData("LR027", "User ann may update pods/status in dev", "Low")]
    [InlineData("LR027", "User ann may get nodes/status", "-")]
    [InlineData("LR028", "User system:anonymous has cluster-admin", "Critical")]
    [InlineData("LR028", "Group system:unauthenticated may get,list pods", "High")]
    [InlineData("LR028", "Group system:unauthenticated may get /metrics", "Low")]
    [InlineData("LR028", "User anonymous may get,list pods", "-")]
    [InlineData("LR029", "Group system:authenticated has cluster-admin", "Critical")]
    [InlineData("LR029", "Group system:serviceaccounts may get secrets in dev", "Critical")]
    [InlineData("LR029", "Group system:authenticated may get,list pods", "Medium")]
    [InlineData("LR029", "Group system:serviceaccounts:dev may get,list pods in dev", "Info")]
    [InlineData("LR029", "Group system:authenticated may create authorization.k8s.io:selfsubjectaccessreviews; get /healthz", "-")]
    [InlineData("LR029", "Group developers may get,list pods", "-")]
    [InlineData("LR030", "User ann has gone in dev", "Medium")]
    [InlineData("LR030", "User ann has cluster-admin in dev", "-")]
    [InlineData("LR031", "account ci/other\nServiceAccount ci/bot may get pods", "Low")]
    [InlineData("LR031", "account ci/other\nServiceAccount ci/bot has cluster-admin", "High")]
    [InlineData("LR031", "account ci/bot\nServiceAccount ci/bot has cluster-admin", "-")]
    [InlineData("LR033", "account dev/default\nServiceAccount dev/default may get pods in dev", "Medium")]
    [InlineData("LR033", "account dev/default\nServiceAccount dev/default may get secrets", "High")]
    [InlineData("LR033", "account dev/default\ndeployment dev/web", "Info")]
    [InlineData("LR033", "account dev/default unmounted\ndeployment dev/web", "-")]
    [InlineData("LR033", "account dev/default\ndeployment dev/web as default unmounted", "-")]
    [InlineData("LR033", "account dev/bot\ndeployment dev/web as bot", "-")]
    [InlineData("LR034", "account dev/bot\ndeployment dev/web as bot\nServiceAccount dev/bot has cluster-admin", "Critical")]
    [InlineData("LR034", "account dev/bot\ndeployment dev/web as bot\nServiceAccount dev/bot may get secrets in dev", "High")]
    [InlineData("LR034", "account dev/bot\ndeployment dev/web as bot\nServiceAccount dev/bot may get pods in dev", "-")]
    [InlineData("LR034", "account dev/bot\ndeployment dev/web as other\nServiceAccount dev/bot has cluster-admin", "-")]
    [InlineData("LR035", "account dev/bot eks.amazonaws.com/role-arn=arn:aws:iam::1:role/x", "Low")]
    [InlineData("LR035", "account dev/default iam.gke.io/gcp-service-account=x@y", "Medium")]
    [InlineData("LR035", "account dev/bot example.com/role-arn=arn", "-")]
    [InlineData("LR037", "clusterrole sum <to-sum get pods\nUser ann may create rbac:clusterroles", "High")]
    [InlineData("LR037", "clusterrole sum <to-sum get pods\nUser ann may patch rbac:clusterroles=mine", "Medium")]
    [InlineData("LR037", "User ann may create rbac:clusterroles", "-")]
    [InlineData("LR037", "clusterrole sum <to-sum get pods\nUser ann may get rbac:clusterroles; create rbac:roles", "-")]
    [InlineData("LR038", "account dev/bot\nUser system:serviceaccount:dev:bot may get pods in dev", "Medium")]
    [InlineData("LR038", "account dev/bot\nUser system:serviceaccount:dev:bot has cluster-admin", "High")]
    [InlineData("LR038", "account dev/bot\nServiceAccount dev/bot may get pods in dev", "-")]
    [InlineData("LR038", "User system:serviceaccount:dev may get pods in dev", "-")]
    [InlineData("LR039", "account dev/bot\naccount ops/root\nServiceAccount dev/bot may create pods in ops\nServiceAccount ops/root has cluster-admin\nUser ann may create serviceaccounts/token=bot in dev\npod dev/x as bot", "-")]
    [InlineData("LR039", "account dev/bot\naccount ops/root\nServiceAccount dev/bot may create pods in ops\nServiceAccount ops/root has cluster-admin\nUser ann may create pods/exec in dev\npod dev/x as bot", "High")]
    [InlineData("LR039", "account dev/bot\naccount ops/root\nServiceAccount ops/root has cluster-admin\nUser ann may create pods/exec in dev\npod dev/x as bot", "-")]
    [InlineData("LR041", "clusterrole view get,list secrets", "Critical")]
    [InlineData("LR041", "clusterrole system:basic-user create authorization.k8s.io:selfsubjectaccessreviews; get example.com:widgets", "Medium")]
    [InlineData("LR041", "clusterrole view get,list pods", "-")]
    [InlineData("LR041", "clusterrole viewer get,list secrets", "-")]
    [InlineData("LR043", "User ann may patch namespaces", "High")]
    [InlineData("LR043", "User ann may update namespaces in dev", "Medium")]
    [InlineData("LR043", "User ann may update namespaces=dev in dev", "Low")]
    [InlineData("LR043", "User ann may update namespaces=other in dev", "-")]
    [InlineData("LR043", "User ann may create,get namespaces", "-")]
    public void Scan_OneCheck_TriggersOrNot(string check, string state, string expected)
    {
        var found = Scan(Cluster + state).Findings.Where(finding => finding.Check.Id == check && finding.Subject?.Name is not "root").ToList();

        if (expected == "-")
        {
            Assert.Empty(found);
            return;
        }

        Assert.Equal(expected, found.MaxBy(finding => finding.Severity)?.Severity.ToString());
        Assert.All(found, finding => Assert.False(string.IsNullOrWhiteSpace(finding.Evidence) || string.IsNullOrWhiteSpace(finding.Fix)));
    }

    // Those that need more than a line have tests of their own: FindingReachTests, RecordCheckTests and BaselineTests.
    private static readonly string[] Elsewhere = [Checks.Many.Id, Checks.UnusedRights.Id, Checks.MadePermanent.Id, Checks.ChangedDefaultBinding.Id];

    [Fact]
    public void All_EachCheck_HasWhatTriggersItAndANearMiss()
    {
        var lines = typeof(CheckTests).GetMethod(nameof(Scan_OneCheck_TriggersOrNot))!.GetCustomAttributes(typeof(InlineDataAttribute), false).Cast<InlineDataAttribute>()
            .Select(line => (Check: (string)line.Data[0]!, IsMiss: line.Data[2] is "-")).ToHashSet();

        Assert.All(Checks.All.Select(check => check.Id).Except(Elsewhere), id => Assert.True(lines.Contains((id, false)) && lines.Contains((id, true)), id));
    }

    [Fact]
    public void All_Ids_AreOnceEachInOrderAndSayWhatTheyNeed()
    {
        Assert.Equal(Enumerable.Range(1, Checks.All.Length).Select(number => $"LR{number:000}"), Checks.All.Select(check => check.Id));
        Assert.Equal(Checks.All.Length, Checks.All.Select(check => check.Title).Distinct().Count());
        Assert.All(Checks.All, check => Assert.All(check.Needs, part => Assert.Contains(part, RbacState.Parts)));
        Assert.All(Checks.All, check => Assert.True(check.Attack.EndsWith('.') && check.Fix.EndsWith('.')));
    }

    private static AuditResult Scan(string state) => Scan(Sketch.State(state));

    private static AuditResult Scan(RbacState state) => RbacAudit.Scan(new RbacIndex(state), new AuditSettings());
}

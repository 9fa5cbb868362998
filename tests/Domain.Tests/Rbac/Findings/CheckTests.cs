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

    [Fact]
    public void Scan_Everything_IsOneFindingThatSaysSo()
    {
        var finding = Assert.Single(Scan(Cluster + "Group dev has cluster-admin").Findings);

        Assert.Equal("LR001", finding.Check.Id);
        Assert.Equal("rule 1 of ClusterRole cluster-admin, through ClusterRoleBinding b2, lets Group dev do everything with everything in the whole cluster. Every other ability that is looked for is part of it and not listed apart.", finding.Evidence);
        Assert.Equal("Delete ClusterRoleBinding b2; bind a role with what is used instead. Give only the rights that are used, and the rest for a time when it is needed.", finding.Fix);
        Assert.Equal(0, Assert.Single(finding.Rules).RuleIndex);
    }

    [Fact]
    public void Scan_Workloads_FoldWhatAPodGivesAnyway()
    {
        var findings = Scan(Cluster + "Group dev may create,update,patch,delete pods,pods/exec,pods/portforward,pods/ephemeralcontainers in dev").Findings;

        var finding = Assert.Single(findings);
        Assert.Equal("LR010", finding.Check.Id);
        Assert.Contains("It also lets it change existing Pods (LR011), run commands in Pods (LR012), add containers to running Pods (LR013), forward ports of Pods (LR014) and delete workloads (LR024); that is not listed apart.", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_EditInANamespace_IsAFewFindings() =>
        Assert.Equal(["LR003", "LR007", "LR010", "LR022", "LR025"], Scan("Group dev has edit in shop").Findings.Select(finding => finding.Check.Id).Order());

    [Fact]
    public void Scan_NamedWorkloads_FoldNothing() =>
        Assert.Equal(["LR012", "LR010"], Scan(Cluster + "Group dev may patch apps:deployments=web in dev\nGroup dev may create pods/exec in dev").Findings.Select(finding => finding.Check.Id));

    [Fact]
    public void Scan_Evidence_NamesRulesVerbsNamesAndPlace()
    {
        var finding = Assert.Single(Scan(Cluster + "account dev/root\nServiceAccount dev/root may * *:*\nUser ann may get pods; get,watch secrets=a,b in dev").Findings, one => one.Subject?.Name == "ann");

        Assert.Equal(
            "rule 2 (get, watch on secrets) of Role dev/r4, through RoleBinding dev/b4, lets User ann read Secrets (only a and b) in dev, which is privileged since ServiceAccount dev/root is there, who becomes administrator of the cluster.",
            finding.Evidence);
        Assert.StartsWith("Delete RoleBinding dev/b4, or take it out of rule 2 of Role dev/r4.", finding.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_ABindingOfSeveral_SaysWhomToTakeOut()
    {
        var state = Sketch.State(Cluster + "Group dev has cluster-admin");
        var binding = state.Bindings[0] with { Subjects = [new("Group", "dev"), new("Group", "ops"), new("Group", "ops")] };

        var findings = Scan(state with { Bindings = [binding] }).Findings;

        Assert.Equal(["Take Group dev out of ClusterRoleBinding b2", "Take Group ops out of ClusterRoleBinding b2"], findings.Select(finding => finding.Fix.Split(';')[0]).Order());
    }

    [Fact]
    public void Scan_Many_CountsBindingsAndSubjects()
    {
        var settings = new AuditSettings { ManyRoles = 3, ManySubjects = 3 };
        string[] lines = ["User ann may get pods in dev", "User ann may get pods in dev", "User bob may get pods in dev"];

        Assert.DoesNotContain(RbacAudit.Scan(Sketch.Index(lines), settings).Findings, finding => finding.Check == Checks.Many);
        var found = RbacAudit.Scan(Sketch.Index([.. lines, "User ann may get pods in dev", "User eve may get pods in dev"]), settings).Findings.Where(finding => finding.Check == Checks.Many).ToList();
        Assert.Equal(["dev", "User ann"], found.Select(finding => finding.Subject?.ToString() ?? finding.Namespace).Order());
    }

    [Fact]
    public void Scan_APathOfSeveralSteps_IsOneFindingWithItsShortestWay()
    {
        var finding = Assert.Single(Scan("""
            account dev/bot
            account ops/root
            pod dev/x as bot
            ServiceAccount dev/bot may create pods in ops
            ServiceAccount ops/root may * *:*
            User ann may create pods/exec in dev
            """).Findings, finding => finding.Check == Checks.Path);

        Assert.Equal("User ann", finding.Subject.ToString());
        Assert.StartsWith("User ann → ServiceAccount dev/bot → ServiceAccount ops/root → administrator of the cluster. 1. User ann enters a running Pod of ServiceAccount dev/bot", finding.Evidence, StringComparison.Ordinal);
        Assert.Equal(3, finding.Rules.Length);
    }

    [Fact]
    public void Scan_APathByAGroupOfEverybody_IsSaidOfTheGroupAlone()
    {
        var findings = Scan("""
            account kube-system/root
            ServiceAccount kube-system/root may * *:*
            pod kube-system/x as root
            Group system:authenticated may create pods/exec in kube-system
            User ann may get pods
            User bob may get pods
            """).Findings;

        Assert.Equal(["Group system:authenticated"], findings.Where(finding => finding.Check == Checks.Path).Select(finding => finding.Subject.ToString()));
    }

    [Fact]
    public void Scan_PrivilegedNamespaces_AreASettingAndLearnt()
    {
        const string State = "User ann may create pods in ops\naccount ops/root\nnamespace ops";

        Severity Of(AuditSettings settings, string more) => RbacAudit.Scan(Sketch.Index("whole", State, more), settings).Findings.Single(finding => finding.Check == Checks.RunWorkloads && finding.Subject?.Name == "ann").Severity;
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), ""));
        Assert.Equal(Severity.Critical, Of(new AuditSettings { PrivilegedNamespaces = ["ops"] }, ""));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "ServiceAccount ops/root may * *:*"));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "account far/root\nServiceAccount far/root may * *:*\nServiceAccount ops/root may create pods in far"));
        Assert.Equal(Severity.Critical, Of(new AuditSettings(), "Group system:serviceaccounts:ops may * *:*"));
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), "ServiceAccount ops/gone may * *:*"));
        Assert.Equal(Severity.Medium, Of(new AuditSettings(), "Group system:authenticated may * *:*"));
    }

    [Theory]
    [InlineData("roles")]
    [InlineData("clusterroles")]
    [InlineData("rolebindings")]
    [InlineData("clusterrolebindings")]
    [InlineData("serviceaccounts")]
    [InlineData("workloads")]
    [InlineData("tokens")]
    public void Scan_APartThatWasNotRead_IsNotEvaluatedByEachCheckThatNeedsIt(string part)
    {
        var result = Scan(Cluster + $"gap {part}");

        foreach (var check in Checks.All.Where(check => check.Needs.Contains(part)))
            Assert.Contains(result.NotEvaluated, one => one.Check == check.Id && one.Why.Contains($"The rule that lets {part} be listed is missing.", StringComparison.Ordinal));
        Assert.DoesNotContain(result.NotEvaluated, one => one.Why.Contains("missing", StringComparison.Ordinal) && !Checks.All.Single(check => check.Id == one.Check).Needs.Contains(part));
    }

    [Fact]
    public void Scan_WhatWasNotRead_IsNeitherMissingNorDangling()
    {
        Assert.DoesNotContain(Scan(Cluster + "gap serviceaccounts\nServiceAccount dev/bot may get pods").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.DoesNotContain(Scan(Cluster + "gap clusterroles\nUser ann has gone").Findings, finding => finding.Check == Checks.DanglingRole);
    }

    [Fact]
    public void Scan_ABrokenDocument_ConcernsEveryCheck() =>
        Assert.Contains(new NotEvaluated("", "roles.yaml, document 3: It is no YAML."), Scan(new RbacState { Gaps = [new Gap("roles.yaml, document 3", "It is no YAML.")] }).NotEvaluated);

    [Fact]
    public void Scan_AlwaysSaysThatRbacIsALowerBound() =>
        Assert.Contains(Scan(new RbacState()).NotEvaluated, one => one.Check.Length == 0 && one.Why.Contains("system:masters", StringComparison.Ordinal));

    [Fact]
    public void Scan_Manifests_KnowTheRolesOfEveryCluster()
    {
        var findings = Scan("ServiceAccount ci/bot has cluster-admin\nGroup dev has edit in shop\nGroup ops has admin in shop\nUser ann has view in shop").Findings;

        Assert.Contains(findings, finding => finding.Check == Checks.ClusterAdmin && finding.Subject?.Name == "bot");
        Assert.Contains(findings, finding => finding.Check == Checks.ReadSecrets && finding.Subject?.Name == "dev");
        Assert.Contains(findings, finding => finding.Check == Checks.RunWorkloads && finding.Subject?.Name == "ops");
        Assert.DoesNotContain(findings, finding => finding.Check == Checks.DanglingRole || finding.Subject?.Name == "ann");
    }

    [Fact]
    public void Scan_ManifestsWithADanglingRole_SayItIsNotAmongThem()
    {
        var finding = Assert.Single(Scan("User ann has gone in dev").Findings);

        Assert.Equal((Checks.DanglingRole, Severity.Low), (finding.Check, finding.Severity));
        Assert.Equal("RoleBinding dev/b1 gives ClusterRole gone, which is neither in these manifests nor in every cluster.", finding.Evidence);
    }

    [Fact]
    public void Scan_ManifestsWithoutAnAccount_ProveNothing()
    {
        Assert.DoesNotContain(Scan("ServiceAccount dev/bot may get pods in dev").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.Contains(Scan("ServiceAccount dev/bot may get pods in dev").NotEvaluated, one => one.Check == "LR031");
        Assert.DoesNotContain(Scan("account dev/other\nServiceAccount far/bot may get pods in dev\nServiceAccount dev/default may get pods in dev").Findings, finding => finding.Check == Checks.DanglingAccount);
        Assert.Equal(Severity.Low, Scan("account dev/other\nServiceAccount dev/bot has cluster-admin").Findings.Single(finding => finding.Check == Checks.DanglingAccount).Severity);
    }

    [Fact]
    public void Scan_AnAggregatedDefaultRole_IsChangedOnlyByWhatIsDangerous()
    {
        RbacState Of(string rules) => KubernetesDefaults.Completed(new RbacState()) is var defaults
            ? defaults with { Roles = [.. defaults.Roles, new RoleObject { Name = "operator-view", Labels = RbacObject.NoTexts.Add("rbac.authorization.k8s.io/aggregate-to-view", "true"), Rules = [.. rules.Split("; ").Select(Sketch.Rule)] }] }
            : defaults;

        Assert.Empty(Scan(Of("get,list,watch example.com:widgets")).Findings);
        var finding = Scan(Of("get,list,watch example.com:widgets; get,list secrets")).Findings.Single(finding => finding.Role == "ClusterRole view");
        Assert.Equal((Checks.ChangedDefaultRole, Severity.Critical), (finding.Check, finding.Severity));
        Assert.Contains("ClusterRole operator-view adds that by its label.", finding.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_TheBootstrapLabelAlone_HidesNothing()
    {
        var state = Sketch.State("Group dev has cluster-admin");
        var label = RbacObject.NoTexts.Add("kubernetes.io/bootstrapping", "rbac-defaults");

        Assert.Equal(Checks.ClusterAdmin, Assert.Single(Scan(state with { Bindings = [state.Bindings[0] with { Labels = label }] }).Findings).Check);
    }

    [Fact]
    public void Scan_ASubjectHiddenInADefaultBinding_IsFound()
    {
        var added = new BindingObject { Name = "cluster-admin", Role = new("ClusterRole", "cluster-admin"), Subjects = [new("Group", "system:masters"), new("User", "eve")] };
        var swapped = new BindingObject { Name = "system:basic-user", Role = new("ClusterRole", "cluster-admin"), Subjects = [new("Group", "system:authenticated")] };

        Assert.Equal([Checks.ClusterAdmin, Checks.ChangedDefaultBinding], Scan(new RbacState { Bindings = [added] }).Findings.Select(finding => finding.Check));
        Assert.All(Scan(new RbacState { Bindings = [added] }).Findings, finding => Assert.Equal("User eve", finding.Subject.ToString()));
        Assert.Equal(["LR001", "LR029", "LR042"], Scan(new RbacState { Bindings = [swapped] }).Findings.Select(finding => finding.Check.Id));
    }

    [Fact]
    public void Scan_AChangedDefaultRole_CountsForItsDefaultSubjectsToo()
    {
        var findings = Scan(Cluster + "clusterrole system:basic-user create authorization.k8s.io:selfsubjectaccessreviews; list secrets").Findings;
        Assert.Equal(["LR041"], findings.Select(finding => finding.Check.Id));

        var state = Sketch.State(Cluster + "clusterrole system:basic-user create authorization.k8s.io:selfsubjectaccessreviews; list secrets");
        var bound = state with { Bindings = [KubernetesDefaults.Binding("", "system:basic-user")!] };
        Assert.Equal(["LR004", "LR041"], Scan(bound).Findings.Select(finding => finding.Check.Id));
        Assert.Equal(1, Scan(bound).Findings[0].Rules[0].RuleIndex);
    }

    [Fact]
    public void Scan_TheSameStateInAnotherOrder_HasTheSameFingerprints()
    {
        var state = Sketch.State(Cluster + "Group dev may get secrets; create pods in dev\nUser ann has cluster-admin\nUser bob may impersonate users");
        var turned = state with { Roles = [.. state.Roles.Reverse()], Bindings = [.. state.Bindings.Reverse()] };

        var fingerprints = Scan(state).Findings.Select(finding => finding.Fingerprint).ToList();
        Assert.Equal(fingerprints, Scan(turned).Findings.Select(finding => finding.Fingerprint));
        Assert.Equal(fingerprints.Count, fingerprints.Distinct().Count());
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

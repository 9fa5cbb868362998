using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

public class AttackPathTests
{
    private const string Root = "ServiceAccount kube-system/root may * *:*";
    private const string Admin = "administrator of the cluster";
    private const string ToRoot = $"User ann → ServiceAccount kube-system/root → {Admin}";

    // The state beside Root, what is expected of User ann in certain steps; a dash is no path.
    [Theory]
    [InlineData("User ann may * *:*", $"User ann → {Admin}")]
    [InlineData("User ann may * *:* in kube-system", ToRoot)]
    [InlineData("User ann may * *:* in dev", "-")]
    [InlineData("User ann may create pods in kube-system", ToRoot)]
    [InlineData("User ann may create pods", ToRoot)]
    [InlineData("User ann may create pods in dev", "-")]
    [InlineData("User ann may create pods=x in kube-system", "-")]
    [InlineData("User ann may list,watch pods in kube-system", "-")]
    [InlineData("User ann may patch apps:deployments=x in kube-system", ToRoot)]
    [InlineData("User ann may update batch:cronjobs in kube-system", ToRoot)]
    [InlineData("User ann may create apps:replicasets in kube-system", ToRoot)]
    [InlineData("User ann may create extensions:widgets in kube-system", "-")]
    [InlineData("User ann may patch apps:deployments/scale in kube-system", "-")]
    [InlineData("pod kube-system/x as root\nUser ann may create pods/exec in kube-system", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may get pods/exec in kube-system", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may create pods/attach=x in kube-system", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may create pods/exec=y in kube-system", "-")]
    [InlineData("pod kube-system/x as root\nUser ann may patch pods/ephemeralcontainers in kube-system", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may patch pods in kube-system", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may create pods/portforward in kube-system", "-")]
    [InlineData("pod kube-system/x as root\nUser ann may get pods/* in kube-system", "-")]
    [InlineData("pod kube-system/x as other\nUser ann may create pods/exec in kube-system", "-")]
    [InlineData("pod kube-system/x as root unmounted\nUser ann may create pods/exec in kube-system", "-")]
    [InlineData("User ann may create serviceaccounts/token in kube-system", ToRoot)]
    [InlineData("User ann may create serviceaccounts/token=root in kube-system", ToRoot)]
    [InlineData("User ann may create serviceaccounts/token=other in kube-system", "-")]
    [InlineData("User ann may create serviceaccounts in kube-system", "-")]
    [InlineData("token kube-system/t of root\nUser ann may get secrets in kube-system", ToRoot)]
    [InlineData("token kube-system/t of root\nUser ann may watch secrets=t in kube-system", ToRoot)]
    [InlineData("token kube-system/t of root\nUser ann may patch secrets=t in kube-system", ToRoot)]
    [InlineData("token kube-system/t of root\nUser ann may get secrets=u in kube-system", "-")]
    [InlineData("User ann may get secrets in kube-system", "-")]
    [InlineData("User ann may create,get secrets in kube-system", ToRoot)]
    [InlineData("User ann may create secrets in kube-system\nUser ann may list secrets", ToRoot)]
    [InlineData("User ann may create secrets in kube-system", "-")]
    [InlineData("User ann may create secrets in kube-system\nUser ann may list secrets in dev", "-")]
    [InlineData("User ann may impersonate serviceaccounts in kube-system", ToRoot)]
    [InlineData("User ann may impersonate serviceaccounts=root", ToRoot)]
    [InlineData("User ann may impersonate serviceaccounts=other in kube-system", "-")]
    [InlineData("User eve may * *:*\nUser ann may impersonate users", $"User ann → User eve → {Admin}")]
    [InlineData("User eve may * *:*\nUser ann may impersonate users=eve", $"User ann → User eve → {Admin}")]
    [InlineData("User eve may * *:*\nUser ann may impersonate users=bob", "-")]
    [InlineData("User eve may * *:*\nUser ann may impersonate users in dev", "-")]
    [InlineData("User ann may impersonate users", "-")]
    [InlineData("User ann may impersonate groups", "-")]
    [InlineData("User ann may impersonate users=nobody; impersonate groups", $"User ann → Group system:masters → {Admin}")]
    [InlineData("User ann may impersonate groups=system:masters\nUser ann may impersonate serviceaccounts in dev", $"User ann → Group system:masters → {Admin}")]
    [InlineData("User ann may bind rbac:clusterroles; create rbac:clusterrolebindings", $"User ann → {Admin}")]
    [InlineData("User ann may bind rbac:clusterroles\nUser ann may patch rbac:clusterrolebindings", $"User ann → {Admin}")]
    [InlineData("User ann may bind rbac:clusterroles", "-")]
    [InlineData("User ann may create,update,patch rbac:clusterrolebindings,rbac:rolebindings,rbac:clusterroles,rbac:roles", "-")]
    [InlineData("clusterrole all * *:*\nUser ann may bind rbac:clusterroles=all; create rbac:clusterrolebindings", $"User ann → ClusterRole all in the whole cluster → {Admin}")]
    [InlineData("clusterrole some get pods\nUser ann may bind rbac:clusterroles=some; create rbac:clusterrolebindings", "-")]
    [InlineData("User ann may bind rbac:clusterroles; create rbac:rolebindings in kube-system", ToRoot)]
    [InlineData("User ann may bind rbac:clusterroles; create rbac:rolebindings in dev", "-")]
    [InlineData("User ann may bind rbac:clusterroles; create rbac:rolebindings", ToRoot)]
    [InlineData("role kube-system/x create pods\nUser ann may bind rbac:roles; create rbac:rolebindings in kube-system", $"User ann → Role kube-system/x in kube-system → ServiceAccount kube-system/root → {Admin}")]
    [InlineData("role kube-system/x create pods\nUser ann may bind rbac:roles=y; create rbac:rolebindings in kube-system", "-")]
    [InlineData("User ann may escalate,update rbac:clusterroles", $"User ann → {Admin}")]
    [InlineData("User ann may escalate rbac:clusterroles\nUser ann may patch rbac:clusterroles", $"User ann → {Admin}")]
    [InlineData("User ann may escalate,create rbac:clusterroles", "-")]
    [InlineData("User ann may update rbac:clusterroles", "-")]
    [InlineData("User ann may escalate,update rbac:clusterroles=other", "-")]
    [InlineData("clusterrole own get pods\nUser ann has own\nUser ann may escalate,update rbac:clusterroles=own", $"User ann → {Admin}")]
    [InlineData("User ann may escalate,update rbac:roles in kube-system", ToRoot)]
    [InlineData("User ann may escalate,update rbac:roles in dev", "-")]
    [InlineData("clusterrole sum <to-sum get pods\nUser ann has sum\nUser ann may escalate,create rbac:clusterroles", $"User ann → {Admin}")]
    [InlineData("clusterrole sum <to-sum get pods\nUser ann has sum\nUser ann may create rbac:clusterroles", "-")]
    [InlineData("clusterrole sum <to-sum get pods\nUser ann has sum in kube-system\nUser ann may escalate,create rbac:clusterroles", ToRoot)]
    [InlineData("User eve may * *:*\nUser ann may create certs:certificatesigningrequests; update certs:certificatesigningrequests/approval; approve certs:signers=kubernetes.io/kube-apiserver-client", $"User ann → User eve → {Admin}")]
    [InlineData("User ann may create certs:certificatesigningrequests; update certs:certificatesigningrequests/approval; approve certs:signers=kubernetes.io/kubelet-serving", "-")]
    [InlineData("User ann may update certs:certificatesigningrequests/approval; approve certs:signers", "-")]
    [InlineData("Group system:authenticated may create certs:certificatesigningrequests\nUser ann may patch certs:certificatesigningrequests/approval; approve certs:signers", ToRoot)]
    [InlineData("pod kube-system/x as root\nUser ann may get nodes/proxy", $"User ann → the nodes → ServiceAccount kube-system/root → {Admin}")]
    [InlineData("pod kube-system/x as root\nUser ann may get nodes/metrics", "-")]
    [InlineData("pod kube-system/x as root\nUser ann may get nodes/proxy in kube-system", "-")]
    [InlineData("User ann may patch admission:mutatingwebhookconfigurations", ToRoot)]
    [InlineData("User ann may get admission:mutatingwebhookconfigurations", "-")]
    [InlineData("User ann may create admission:mutatingadmissionpolicies,admission:mutatingadmissionpolicybindings", ToRoot)]
    [InlineData("User ann may create admission:mutatingadmissionpolicies", "-")]
    [InlineData("pod kube-system/x as root\nUser ann may create persistentvolumes\nUser ann may create pods in dev", $"User ann → the nodes → ServiceAccount kube-system/root → {Admin}")]
    [InlineData("pod kube-system/x as root\nUser ann may create persistentvolumes", "-")]
    [InlineData("deployment dev/d as bot on-node\npod kube-system/x as root\nUser ann may create pods/exec in dev", $"User ann → the nodes → ServiceAccount kube-system/root → {Admin}")]
    [InlineData("ServiceAccount dev/bot may create pods in kube-system\nUser ann may create pods in dev", $"User ann → ServiceAccount dev/bot → ServiceAccount kube-system/root → {Admin}")]
    [InlineData("Group system:serviceaccounts:dev may * *:*\nUser ann may create pods in dev", $"User ann → Group system:serviceaccounts:dev → {Admin}")]
    [InlineData("Group system:authenticated may create pods in kube-system\nUser ann may get pods", ToRoot)]
    [InlineData("Group system:unauthenticated may create pods in kube-system\nUser ann may get pods", "-")]
    [InlineData("User system:serviceaccount:dev:bot may * *:*\nUser ann may create pods in dev", $"User ann → ServiceAccount dev/bot → {Admin}")]
    public void From_WithCertainSteps_IsTheShortestPath(string state, string expected)
    {
        var path = To(Sketch.Index("whole", "account kube-system/root", "account dev/bot", "namespace kube-system", "namespace dev", Root, state), "User ann", certain: true);

        Assert.Equal(expected, path?.ToString() ?? "-");
    }

    [Theory]
    [InlineData("User ann may create pods in dev", $"User ann → the nodes → {Admin}", "nothing but Pod Security")]
    [InlineData("namespace dev enforce=restricted\nUser ann may create pods in dev", "-", "")]
    [InlineData("namespace dev enforce=privileged\nUser ann may create pods in dev", $"User ann → the nodes → {Admin}", "nothing but Pod Security")]
    [InlineData("namespace dev enforce=baseline\nUser ann may create pods in dev\nUser ann may patch namespaces=dev in dev", $"User ann → the nodes → {Admin}", "no other admission policy")]
    [InlineData("namespace dev enforce=baseline\nUser ann may create pods in dev\nUser ann may patch namespaces=other in dev", "-", "")]
    [InlineData("pod dev/x as root\nServiceAccount dev/root may * *:*\nUser ann may update nodes; delete pods", $"User ann → ServiceAccount dev/root → {Admin}", "one node is under control")]
    [InlineData("pod dev/x as root\nServiceAccount dev/root may * *:*\nUser ann may update nodes", "-", "")]
    [InlineData("User ann may patch configmaps=aws-auth in kube-system", $"User ann → {Admin}", "EKS")]
    [InlineData("User ann may patch configmaps=mine in kube-system", "-", "")]
    [InlineData("User ann may patch configmaps in dev", "-", "")]
    [InlineData("token dev/t of root\nServiceAccount dev/root may * *:*\nUser ann may create admission:validatingwebhookconfigurations", $"User ann → ServiceAccount dev/root → {Admin}", "Secrets are written")]
    public void From_WhatRbacCannotShow_SaysWhatItAssumes(string state, string expected, string assumes)
    {
        var index = Sketch.Index("whole", "account dev/root", state);

        var path = To(index, "User ann");

        Assert.Equal(expected, path?.ToString() ?? "-");
        if (path is null) return;
        Assert.Contains(path.Steps, step => step.Assumes.Contains(assumes, StringComparison.Ordinal));
        Assert.False(path.IsCertain);
        Assert.Null(To(index, "User ann", certain: true));
    }

    [Fact]
    public void From_ManifestsThatNameNoWorkloads_EnteringPodsAssumesThatOneRunsAsIt()
    {
        string[] lines = [Root, "User ann may create pods/exec in kube-system"];

        Assert.Contains("a Pod in kube-system runs as it", Assert.IsType<AttackPath>(To(Sketch.Index(lines), "User ann")).Steps[0].Assumes, StringComparison.Ordinal);
        Assert.Null(To(Sketch.Index([.. lines, "whole"]), "User ann"));
    }

    [Fact]
    public void From_AnAccountThatDoesNotExist_CanBeImpersonatedButNotRunAs()
    {
        string[] lines = ["whole", "account kube-system/other", Root];

        Assert.Null(To(Sketch.Index([.. lines, "User ann may create pods in kube-system"]), "User ann", certain: true));
        Assert.Equal(ToRoot, To(Sketch.Index([.. lines, "User ann may impersonate serviceaccounts in kube-system"]), "User ann")!.ToString());
    }

    [Fact]
    public void From_TheClassicChain_NamesBindingRoleAndRuleOfEachStep()
    {
        var path = To(Sketch.Index(
            "User ann may get pods; create pods in ci",
            "ServiceAccount ci/builder may list,get secrets in kube-system",
            "token kube-system/root-token of root",
            Root), "User ann", certain: true)!;

        Assert.Equal($"User ann → ServiceAccount ci/builder → ServiceAccount kube-system/root → {Admin}", path.ToString());
        Assert.Equal([EdgeKind.RunPods, EdgeKind.ReadTokenSecret, EdgeKind.Holds], path.Steps.Select(step => step.Kind));
        Assert.Equal(
            [
                "User ann runs a Pod as ServiceAccount ci/builder (rule 2 of Role ci/r1 through RoleBinding ci/b1).",
                "ServiceAccount ci/builder reads the Secret with the token of ServiceAccount kube-system/root (rule 1 of Role kube-system/r3 through RoleBinding kube-system/b3).",
                "ServiceAccount kube-system/root may do everything in the whole cluster (rule 1 of ClusterRole r5 through ClusterRoleBinding b5).",
            ],
            path.Steps.Select(step => step.Sentence));
    }

    [Fact]
    public void From_RightsOfSeveralGroupsTogether_AreSeenForAPersonWhoHasBoth()
    {
        var paths = new AttackPaths(Sketch.Index("Group a may bind rbac:clusterroles", "Group b may create rbac:clusterrolebindings"));

        Assert.Empty(paths.From(Requester.Of("ann", ["a"]), PathTarget.ClusterAdmin));
        Assert.Empty(paths.From(Requester.Of("ann", ["b"]), PathTarget.ClusterAdmin));
        var path = Assert.Single(paths.From(Requester.Of("ann", ["a", "b"]), PathTarget.ClusterAdmin));
        Assert.Equal($"User ann → {Admin}", path.ToString());
        Assert.Equal(2, path.Steps[0].By.Length);
    }

    [Fact]
    public void From_SomebodyOfSystemMasters_IsAdministratorBeforeRbac()
    {
        var path = Assert.Single(new AttackPaths(Sketch.Index()).From(Requester.Of("ann", ["system:masters"]), PathTarget.ClusterAdmin));

        Assert.Equal($"User ann → {Admin}", path.ToString());
        Assert.Empty(path.Steps[0].By);
    }

    [Fact]
    public void From_SeveralWays_AreToldShortestFirstAndOnceEach()
    {
        var paths = new AttackPaths(Sketch.Index(
            "User ann may create pods in far", "ServiceAccount far/a may create pods in near", "ServiceAccount near/b may * *:*",
            "User ann may create pods in near", "User ann may create,update pods in near"))
            .From(Requester.Of("ann"), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true });

        Assert.Equal(
            [$"User ann → ServiceAccount near/b → {Admin}", $"User ann → ServiceAccount far/a → ServiceAccount near/b → {Admin}"],
            paths.Select(path => path.ToString()));
    }

    [Fact]
    public void From_Cycles_ComeToAnEnd()
    {
        var index = Sketch.Index(
            "ServiceAccount a/x may create pods in b", "ServiceAccount b/x may create pods in c", "ServiceAccount c/x may create pods in a",
            "User ann may create pods in a");

        Assert.Null(To(index, "User ann", certain: true));
        var more = new RbacIndex(index.State with { Bindings = [.. index.State.Bindings, .. Sketch.State("ServiceAccount c/x has cluster-admin").Bindings], Roles = [.. index.State.Roles, .. Sketch.State("clusterrole cluster-admin * *:*").Roles] });
        Assert.Equal($"User ann → ServiceAccount a/x → ServiceAccount b/x → ServiceAccount c/x → {Admin}", To(more, "User ann", certain: true)!.ToString());
    }

    [Fact]
    public void Anything_HoweverLongTheWay_IsFound()
    {
        string[] chain = [.. Enumerable.Range(0, 40).Select(i => $"ServiceAccount n{i}/x may create pods in n{i + 1}"), "ServiceAccount n40/x may * *:*", "User ann may create pods in n0"];
        var (index, ann) = (Sketch.Index(chain), Requester.Of("ann"));

        Assert.Equal(42, new AttackPaths(index).From(ann, PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true })[0].Steps.Length);
        Assert.Contains(new AttackPaths(index).Reaching(PathTarget.ClusterAdmin), path => path.From.Subject == Sketch.Subject("User ann"));
        Assert.Contains(RbacAudit.Scan(index, new AuditSettings()).Findings, finding => finding.Severity == Severity.Critical && finding.Subject == Sketch.Subject("User ann"));
    }

    [Fact]
    public void From_Bounds_AreKept()
    {
        string[] chain = [.. Enumerable.Range(0, 12).Select(i => $"ServiceAccount n{i}/x may create pods in n{i + 1}"), "ServiceAccount n12/x may * *:*", "User ann may create pods in n0"];
        var paths = new AttackPaths(Sketch.Index(chain));

        Assert.Empty(paths.From(Requester.Of("ann"), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true, Longest = 13 }));
        Assert.Equal(14, Assert.Single(paths.From(Requester.Of("ann"), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true, Longest = 14 })).Steps.Length);
        string[] many = [.. Enumerable.Range(0, 40).Select(i => $"ServiceAccount n/x{i} may * *:*"), "User ann may create pods in n"];
        Assert.Equal(7, new AttackPaths(Sketch.Index(many)).From(Requester.Of("ann"), PathTarget.ClusterAdmin, new PathLimits { Most = 7 }).Length);
        Assert.Equal(9, new AttackPaths(Sketch.Index(many)).Reaching(PathTarget.ClusterAdmin, new PathLimits { Most = 9 }).Length);
    }

    [Fact]
    public void From_OtherTargets_EndThere()
    {
        var paths = new AttackPaths(Sketch.Index(
            "User ann may create pods in ci", "ServiceAccount ci/builder may get secrets in vault", "ServiceAccount ci/builder may delete nodes", "User bob may get pods in vault",
            "clusterrole unbound delete nodes", "User eve may bind rbac:clusterroles=unbound; create rbac:clusterrolebindings"));

        string? Path(string who, PathTarget target) => paths.From(Requester.Of(who), target, new PathLimits { OnlyCertain = true }).FirstOrDefault()?.ToString();
        Assert.Equal("User ann → ServiceAccount ci/builder → the Secrets of vault", Path("ann", PathTarget.SecretsIn("vault")));
        Assert.Equal("User ann → ServiceAccount ci/builder → delete nodes a", Path("ann", PathTarget.To(AccessQuestion.For("delete", "", "nodes", "a"))));
        Assert.Equal("User bob → get pods x in vault", Path("bob", PathTarget.To(AccessQuestion.For("get", "", "pods", "x", "vault"))));
        Assert.Equal("User eve → ClusterRole unbound in the whole cluster → delete nodes a", Path("eve", PathTarget.To(AccessQuestion.For("delete", "", "nodes", "a"))));
        Assert.Equal("User ann → ServiceAccount ci/builder → get secrets x in vault", Path("ann", PathTarget.To(AccessQuestion.For("get", "", "secrets", "x", "vault"))));
        Assert.Null(Path("ann", PathTarget.To(AccessQuestion.For("get", "", "secrets", "x", "other"))));
        Assert.Null(Path("bob", PathTarget.SecretsIn("vault")));
        Assert.Null(Path("bob", PathTarget.To(AccessQuestion.For("get", "", "pods", "x", "ci"))));
    }

    [Fact]
    public void Reaching_ATarget_IsAShortestPathOfEachSubjectThatCan()
    {
        var paths = new AttackPaths(Sketch.Index(Root, "User ann may create pods in kube-system", "User bob may get pods", "Group dev may create pods in kube-system"))
            .Reaching(PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = true });

        Assert.Equal(
            [$"ServiceAccount kube-system/root → {Admin}", ToRoot, ToRoot.Replace("User ann", "Group dev", StringComparison.Ordinal)],
            paths.Select(path => path.ToString()));
    }

    private static AttackPath? To(RbacIndex index, string who, bool certain = false) =>
        new AttackPaths(index).From(Requester.Of(Sketch.Subject(who)), PathTarget.ClusterAdmin, new PathLimits { OnlyCertain = certain }).FirstOrDefault();
}

using CsCheck;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>What holds of every state, on random ones over a small vocabulary, so that rights meet often.</summary>
public class AnyStateTests
{
    private static readonly string[] Subjects = ["User ann", "User bob", "Group dev", "Group system:authenticated", "Group system:serviceaccounts:b", "ServiceAccount a/x", "ServiceAccount b/x", "ServiceAccount b/y", "ServiceAccount kube-system/z", "User system:serviceaccount:a:y"];
    private static readonly string[] Rules =
    [
        "* *:*", "create pods", "patch apps:deployments=d", "create pods/exec", "get pods/exec=p", "create serviceaccounts/token", "create serviceaccounts/token=x", "get secrets", "create secrets",
        "get secrets=t", "impersonate serviceaccounts", "impersonate users,groups", "impersonate groups=dev", "bind rbac:clusterroles", "bind rbac:clusterroles=c0", "bind rbac:roles", "create rbac:rolebindings",
        "create,patch rbac:clusterrolebindings", "patch rbac:clusterrolebindings=b3", "escalate rbac:clusterroles,rbac:roles", "patch rbac:clusterroles", "create rbac:clusterroles", "update rbac:roles", "create certs:certificatesigningrequests",
        "update certs:certificatesigningrequests/approval", "approve certs:signers", "get nodes/proxy", "create persistentvolumes", "patch namespaces", "patch nodes", "delete pods", "get pods",
    ];

    private static readonly Gen<string> Line = Gen.Frequency(
        (8, Gen.Select(Gen.OneOf(Subjects), Gen.OneOf(Rules), Gen.OneOf("", "", " in a", " in b", " in kube-system"), (who, rule, place) => $"{who} may {rule}{place}")),
        (2, Gen.Select(Gen.OneOf(Subjects), Gen.OneOf("c0", "c1", "gone"), Gen.OneOf("", " in b"), (who, role, place) => $"{who} has {role}{place}")),
        (1, Gen.OneOf("account a/x", "account b/x", "account b/y", "account kube-system/z", "pod b/p as y", "pod a/p as x on-node", "token b/t of x", "namespace a enforce=baseline", "whole", "gap serviceaccounts", "gap workloads")));

    private static readonly Gen<RbacState> State = Gen.Select(Line.Array[0, 12], Gen.OneOf(Rules), Gen.OneOf(Rules), (lines, first, second) =>
        Sketch.State([$"clusterrole c0 {first}", $"clusterrole c1 <sum {second}", "clusterrole c2 >sum get configmaps", .. lines]));

    [Fact]
    public void Reaching_AnyState_AgreesWithFromForEverySubject() => State.Sample(state =>
    {
        var index = new RbacIndex(state);
        var paths = new AttackPaths(index);
        foreach (var certain in (bool[])[false, true])
        {
            var limits = new PathLimits { OnlyCertain = certain, Most = 50, Longest = 20 };
            var all = paths.Reaching(PathTarget.ClusterAdmin, limits).ToDictionary(path => path.From.Subject!.Value);
            foreach (var subject in index.Subjects())
            {
                var one = paths.From(Requester.Of(subject), PathTarget.ClusterAdmin, limits).FirstOrDefault();
                if (all.TryGetValue(subject, out var path)) Assert.Equal((path.Steps.Length, path.IsCertain), (one?.Steps.Length, one?.IsCertain));
                else Assert.Null(one);
            }
        }
    });

    [Fact]
    public void From_AnyState_IsWholeAndGrounded() => State.Sample(state =>
    {
        var paths = new AttackPaths(new RbacIndex(state));
        foreach (var subject in Subjects.Select(Sketch.Subject))
        {
            foreach (var path in paths.From(Requester.Of(subject), PathTarget.ClusterAdmin))
            {
                Assert.Equal(PathNode.Of(subject), path.From);
                Assert.Equal(PathNodeKind.ClusterAdmin, path.To.Kind);
                for (var i = 1; i < path.Steps.Length; i++) Assert.Equal(path.Steps[i - 1].To, path.Steps[i].From);
                var places = path.Steps.Select(step => step.From).Append(path.To).ToList();
                Assert.True(places.Count == places.Distinct().Count(), $"{string.Join(" | ", path.Steps.Select(step => step.Sentence))} passes a place twice.");
                foreach (var step in path.Steps.Where(step => step.From.Subject is not null)) Assert.All(step.By, by => Assert.True(Has(step.From.Subject!.Value, by), $"{step.Sentence} is not grounded."));
            }
        }
    });

    [Fact]
    public void Reaching_MoreRights_NeverReachesLess() => Gen.Select(State, Line).Sample((state, line) =>
    {
        if (line.StartsWith("whole", StringComparison.Ordinal) || line.StartsWith("gap", StringComparison.Ordinal) || !line.Contains(" may ", StringComparison.Ordinal)) return;
        var more = Sketch.State(line);
        var after = state with { Roles = [.. state.Roles, .. more.Roles.Select(role => role with { Name = "new" })], Bindings = [.. state.Bindings, .. more.Bindings.Select(binding => binding with { Name = "new", Role = binding.Role with { Name = "new" } })] };
        var limits = new PathLimits { Most = 50, Longest = 20, OnlyCertain = true };

        var before = new AttackPaths(new RbacIndex(state)).Reaching(PathTarget.ClusterAdmin, limits).Select(path => path.From);
        Assert.Subset(new AttackPaths(new RbacIndex(after)).Reaching(PathTarget.ClusterAdmin, limits).Select(path => path.From).ToHashSet(), before.ToHashSet());
    });

    [Fact]
    public void Scan_AnyState_IsSortedAndSaysEachOnce() => State.Sample(state =>
    {
        var findings = RbacAudit.Scan(new RbacIndex(state), new AuditSettings()).Findings;

        Assert.Equal(findings.Length, findings.Select(finding => finding.Fingerprint).Distinct().Count());
        Assert.Equal(findings.Select(finding => finding.Severity), findings.Select(finding => finding.Severity).OrderDescending());
        Assert.All(findings, finding => Assert.All(finding.Rules, by => Assert.InRange(by.RuleIndex, 0, by.Role.Rules.Length - 1)));
        Assert.All(findings, finding => Assert.True(finding.Evidence.EndsWith('.') && finding.Fix.EndsWith('.'), $"{finding.Check.Id}: {finding.Evidence} / {finding.Fix}"));
    });

    // Whether a binding names somebody, or a group that the API server puts them in.
    private static bool Has(Subject subject, Allowance by)
    {
        var named = by.Binding.Subjects.Select(one => one.Means(by.Binding.Namespace)).ToList();
        return named.Contains(subject) || named.Contains(Subject.OfGroup(Requester.Authenticated)) || Requester.Of(subject).Groups.Any(group => named.Contains(Subject.OfGroup(group)));
    }
}

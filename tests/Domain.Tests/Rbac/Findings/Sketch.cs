using System.Collections.Immutable;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>
/// States in a few words, one line an object: <c>User ann may get,list secrets=a,b in payments</c> (a role and its binding),
/// <c>Group dev has cluster-admin</c>, <c>role payments/x get pods; create apps:deployments</c>, <c>clusterrole x &gt;to-admin …</c>,
/// <c>account ci/bot</c>, <c>namespace a enforce=baseline</c>, <c>pod a/x as bot</c>, <c>deployment a/x as bot on-node</c>,
/// <c>token a/secret of bot</c>, <c>whole</c> (read from a cluster, so that what is absent is absent).
/// A resource is <c>group:plural</c>, without a group of the core; <c>*</c> of every group is <c>*:*</c>; a URL begins with a slash.
/// </summary>
internal static class Sketch
{
    internal static RbacIndex Index(params string[] lines) => new(State(lines));

    internal static RbacState State(params string[] lines)
    {
        var state = new RbacState();
        foreach (var line in lines.SelectMany(text => text.Split('\n')).Select(text => text.Trim()).Where(text => text.Length > 0)) state = With(state, line);
        return state;
    }

    internal static Subject Subject(string text)
    {
        var words = text.Split(' ', 2);
        return SubjectOf(words[0], words[1]).Means("")!.Value;
    }

    private static RbacState With(RbacState state, string line)
    {
        var words = line.Split(' ');
        var number = state.Roles.Length + state.Bindings.Length + 1;
        switch (words[0])
        {
            case "whole":
                return state with { Served = [new ServedResource("", "pods", "Pod", true, ["get"])] };
            case "gap":
                return state with { Gaps = state.Gaps.Add(new Gap(words[1], $"The rule that lets {words[1]} be listed is missing.")) };
            case "role" or "clusterrole":
                return state with { Roles = state.Roles.Add(Role(words[1], line.Split(' ', 3) is [_, _, var rest] ? rest : "")) };
            case "account":
                var mounts = words.Contains("unmounted") ? false : (bool?)null;
                var annotations = words.Where(word => word.Contains('=', StringComparison.Ordinal)).Select(word => word.Split('=', 2)).ToImmutableSortedDictionary(word => word[0], word => word[1], StringComparer.Ordinal);
                return state with { ServiceAccounts = state.ServiceAccounts.Add(new ServiceAccountObject { Namespace = Place(words[1]).Space, Name = Place(words[1]).Name, AutomountsToken = mounts, Annotations = annotations }) };
            case "namespace":
                var labels = words.Length > 2 ? RbacObject.NoTexts.Add("pod-security.kubernetes.io/enforce", words[2]["enforce=".Length..]) : RbacObject.NoTexts;
                return state with { Namespaces = state.Namespaces.Add(new NamespaceObject { Name = words[1], Labels = labels }) };
            case "pod" or "deployment":
                return state with
                {
                    Workloads = state.Workloads.Add(new WorkloadObject
                    {
                        WorkloadKind = words[0] == "pod" ? "Pod" : "Deployment",
                        Namespace = Place(words[1]).Space,
                        Name = Place(words[1]).Name,
                        ServiceAccount = words.Length > 2 ? words[3] : "default",
                        ReachesItsNode = words.Contains("on-node"),
                        AutomountsToken = words.Contains("unmounted") ? false : null,
                    })
                };
            case "token":
                return state with { Tokens = state.Tokens.Add(new TokenSecretObject { Namespace = Place(words[1]).Space, Name = Place(words[1]).Name, ServiceAccount = words[3] }) };
        }

        var space = words is [.., "in", var last] ? last : "";
        var subject = SubjectOf(words[0], words[1]);
        if (words[2] == "has")
        {
            var local = state.Roles.Any(role => role.Namespace == space && role.Name == words[3] && space.Length > 0);
            return state with { Bindings = state.Bindings.Add(new BindingObject { Namespace = space, Name = $"b{number}", Role = new(local ? "Role" : "ClusterRole", words[3]), Subjects = [subject] }) };
        }

        var rules = line[(line.IndexOf(" may ", StringComparison.Ordinal) + 5)..];
        if (space.Length > 0) rules = rules[..rules.LastIndexOf(" in ", StringComparison.Ordinal)];
        var role = Role(space.Length > 0 ? $"{space}/r{number}" : $"r{number}", rules);
        return state with
        {
            Roles = state.Roles.Add(role),
            Bindings = state.Bindings.Add(new BindingObject { Namespace = space, Name = $"b{number}", Role = new(role.Kind, role.Name), Subjects = [subject] }),
        };
    }

    private static RoleObject Role(string place, string rest)
    {
        var role = new RoleObject { Namespace = Place(place).Space, Name = Place(place).Name };
        while (rest.StartsWith('<') || rest.StartsWith('>'))
        {
            var mark = rest.Split(' ')[0];
            var label = RbacObject.NoTexts.Add("example.com/" + mark[1..], "true");
            role = mark[0] == '<' ? role with { Aggregates = [new LabelSelector { MatchLabels = label }] } : role with { Labels = label };
            rest = rest[mark.Length..].Trim();
        }

        return role with { Rules = [.. rest.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Rule)] };
    }

    internal static PolicyRule Rule(string text)
    {
        var words = text.Split(' ');
        var what = words[1].Split('=', 2);
        if (what[0].StartsWith('/')) return new PolicyRule { Verbs = [.. words[0].Split(',')], NonResourceUrls = [.. what[0].Split(',')] };
        var resources = what[0].Split(',').Select(one => one.Contains(':', StringComparison.Ordinal) ? one.Split(':', 2) : ["", one]).ToArray();
        return new PolicyRule
        {
            Verbs = [.. words[0].Split(',')],
            ApiGroups = [.. resources.Select(one => one[0] switch { "rbac" => "rbac.authorization.k8s.io", "admission" => "admissionregistration.k8s.io", "certs" => "certificates.k8s.io", var group => group }).Distinct()],
            Resources = [.. resources.Select(one => one[1])],
            ResourceNames = what.Length > 1 ? [.. what[1].Split(',')] : [],
        };
    }

    private static BindingSubject SubjectOf(string kind, string name) =>
        kind == "ServiceAccount" ? new(kind, Place(name).Name, Place(name).Space) : new(kind, name);

    private static (string Space, string Name) Place(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? ("", text) : (text[..slash], text[(slash + 1)..]);
    }
}

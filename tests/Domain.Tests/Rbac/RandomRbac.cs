using System.Collections.Immutable;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Tests.Rbac;

/// <summary>
/// Random roles, bindings, people and questions over a small vocabulary, so that they meet often: everything that an API
/// server takes, traps included. The same seed makes the same. All names begin with the prefix, so that nothing concerns
/// anybody else in a shared cluster. With more bindings there have to be more people, else everybody may do everything.
/// </summary>
internal sealed class RandomRbac(int seed, string prefix, IReadOnlyList<string> namespaces, int people = 5)
{
    private static readonly string[] Verbs = ["get", "list", "watch", "create", "update", "delete", "deletecollection", "impersonate", "bind", "Get"];
    private static readonly string[] Groups = ["", "apps", "example.com"];
    private static readonly string[] Resources =
        ["pods", "pods/log", "pods/exec", "pods/*", "deployments", "deployments/scale", "*/scale", "*/*", "*/log", "widgets", "widgets/status", "namespaces", "nodes"];
    private static readonly string[] Asked = ["pods", "pods/log", "pods/exec", "deployments", "deployments/scale", "widgets", "widgets/status", "widgets/scale", "namespaces", "nodes"];
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string[] Urls = ["/lapse", "/lapse/*", "/lapse/a", "/lapse/a/*", "/lap*", "/lapse**", "/l*/a", "/LAPSE"];
    private static readonly string[] Paths = ["/lapse", "/lapse/", "/lapse/a", "/lapse/a/b", "/lapsed", "/lap", "/l", "/lxx/a", "/lapse*", "/healthz", "/api"];

    // A seed is all that a failed run has to name.
    private readonly Random _random = new(seed);

    /// <summary>Roles, with ClusterRoles among them.</summary>
    internal ImmutableArray<RoleObject> Roles(int count) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
        {
            var clusterWide = Chance(2);
            var space = clusterWide ? "" : One(namespaces);
            return new RoleObject { Namespace = space, Name = $"{prefix}-role{number}", Rules = Rules(clusterWide) };
        }),
    ];

    /// <summary>Bindings of these roles and of some that do not exist.</summary>
    internal ImmutableArray<BindingObject> Bindings(int count, ImmutableArray<RoleObject> roles) =>
    [
        .. Enumerable.Range(0, count).Select(number =>
        {
            var clusterWide = Chance(4);
            var space = clusterWide ? "" : One(namespaces);
            // A Role of another namespace is one that does not exist here.
            var role = One(roles);
            var kind = clusterWide || role.IsClusterRole ? "ClusterRole" : "Role";
            if (Chance(20)) kind = clusterWide || kind == "Role" ? "ClusterRole" : "Role";
            return new BindingObject
            {
                Namespace = space,
                Name = $"{prefix}-binding{number}",
                Role = new(kind, Chance(20) ? $"{prefix}-gone" : role.Name),
                Subjects = [.. Enumerable.Range(0, _random.Next(0, 4)).Select(_ => Named(clusterWide))],
            };
        }),
    ];

    /// <summary>ClusterRoles with labels; some of them are aggregated, and may select others that are, or themselves.</summary>
    internal ImmutableArray<RoleObject> AggregatedRoles(int count) =>
    [
        .. Enumerable.Range(0, count).Select(number => new RoleObject
        {
            Name = $"{prefix}-sum{number}",
            Labels = RbacObject.NoTexts.AddRange(Enumerable.Range(0, 4).Where(_ => Chance(2)).Select(label => KeyValuePair.Create($"{prefix}/to-{label}", One(["true", "false"])))),
            Aggregates = Chance(3) ? [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Selector())] : [],
        }).Select(role => role.Aggregates.IsEmpty ? role with { Rules = Rules(urls: true) } : role),
    ];

    /// <summary>Rules as an API server accepts them.</summary>
    /// <param name="urls">Whether URLs may be among them, which only a ClusterRole has.</param>
    internal ImmutableArray<PolicyRule> Rules(bool urls) => [.. Enumerable.Range(0, _random.Next(0, 5)).Select(_ => Rule(urls && Chance(4)))];

    /// <summary>A change of rules: one thing more or less, or reordered, or something else altogether.</summary>
    internal ImmutableArray<PolicyRule> Changed(ImmutableArray<PolicyRule> rules, bool urls)
    {
        if (rules.IsEmpty || Chance(8)) return Rules(urls);
        if (Chance(6)) return [.. rules, Rule(urls && Chance(4))];
        if (Chance(6)) return [.. rules.Reverse().Skip(1)];
        var place = _random.Next(rules.Length);
        var rule = rules[place];
        var isUrl = !rule.NonResourceUrls.IsEmpty;
        return rules.SetItem(place, _random.Next(6) switch
        {
            0 => rule with { Verbs = [.. rule.Verbs.Add(One(Verbs)).Distinct()] },
            1 when rule.Verbs.Length > 1 => rule with { Verbs = rule.Verbs[1..] },
            2 when isUrl => rule with { NonResourceUrls = [One(Urls)] },
            2 => rule with { ResourceNames = rule.ResourceNames.IsEmpty || Chance(2) ? [One(Names)] : [] },
            3 when !isUrl => rule with { Resources = rule.Resources.SetItem(0, One(Resources)) },
            4 when !isUrl => rule with { ApiGroups = Some(Groups, 1) },
            5 when rule.ApiGroups.Contains(PolicyRule.All) => rule with { ApiGroups = [One(Groups)] },
            _ => rule,
        });
    }

    /// <summary>Somebody who asks; with the groups that an API server would add, or exactly those that are given.</summary>
    internal Requester Requester()
    {
        string[] groups = [.. Enumerable.Range(0, _random.Next(0, 3)).Select(_ => Group())];
        return _random.Next(8) switch
        {
            0 => Domain.Rbac.Requester.Exactly(User(), groups),
            1 => Domain.Rbac.Requester.Of(Account()),
            2 or 3 => Domain.Rbac.Requester.Of(Account(), groups),
            4 => Domain.Rbac.Requester.Exactly(Account(), groups),
            5 when Chance(3) => Domain.Rbac.Requester.Of(Domain.Rbac.Requester.Anonymous),
            5 when Chance(4) => Domain.Rbac.Requester.Exactly(User(), [.. groups, Domain.Rbac.Requester.Masters]),
            6 => Domain.Rbac.Requester.Exactly("", [Group(), .. groups]),
            _ => Domain.Rbac.Requester.Of(User(), groups),
        };
    }

    /// <summary>Something that can be asked.</summary>
    internal AccessQuestion Question() => Chance(6)
        ? AccessQuestion.ForUrl(Chance(8) ? PolicyRule.All : One(["get", "post", "Get"]), One(Paths))
        : AccessQuestion.For(
            Chance(15) ? PolicyRule.All : One(Verbs),
            Chance(15) ? PolicyRule.All : One(Groups),
            Chance(15) ? One(["*", "pods/*", "*/scale", "*/*"]) : One(Asked),
            Chance(2) ? One(Names) : "",
            Chance(5) ? "" : One(namespaces));

    /// <summary>Somebody whom a binding names, and what one of its rules says or almost says: where a wrong answer would hide.</summary>
    internal (Requester Who, AccessQuestion Question) Near(ImmutableArray<RoleObject> roles, ImmutableArray<BindingObject> bindings)
    {
        var binding = One(bindings);
        var rules = roles.FirstOrDefault(role => role.Name == binding.Role.Name)?.Rules ?? [];
        if (rules.IsEmpty || binding.Subjects.IsEmpty) return (Requester(), Question());
        var (rule, subject) = (One(rules), One(binding.Subjects));
        var who = subject.Kind switch
        {
            "Group" => Domain.Rbac.Requester.Exactly(User(), [subject.Name]),
            _ => subject.Means(binding.Namespace) is { } meant ? Domain.Rbac.Requester.Of(meant) : Requester(),
        };
        var verb = One(rule.Verbs) is not PolicyRule.All and var written ? written : One(Verbs);
        if (!rule.NonResourceUrls.IsEmpty) return (who, AccessQuestion.ForUrl(verb, Chance(2) ? One(Paths) : One(rule.NonResourceUrls)));
        var question = AccessQuestion.For(
            verb,
            One(rule.ApiGroups) is not PolicyRule.All and var group ? group : One(Groups),
            One(rule.Resources) switch { "*" or "*/*" => One(Asked), "pods/*" => One(["pods", "pods/log", "pods/exec"]), "*/scale" => One(["deployments/scale", "widgets/scale", "deployments"]), "*/log" => "pods/log", var one => one },
            rule.ResourceNames.IsEmpty || Chance(3) ? Chance(2) ? "" : One(Names) : One(rule.ResourceNames),
            binding.Namespace.Length == 0 || Chance(6) ? One(["", .. namespaces]) : binding.Namespace);
        return (who, _random.Next(10) switch
        {
            0 => question with { Verb = One(Verbs) },
            1 => question with { ApiGroup = One(Groups) },
            2 => question with { Subresource = One(["", "log", "exec", "scale", "status"]) },
            3 => question with { Resource = One(["pods", "deployments", "widgets"]) },
            _ => question,
        });
    }

    /// <summary>One chance in so many.</summary>
    internal bool Chance(int of) => _random.Next(of) == 0;

    // At least one label must be there, so that nobody else's roles are selected.
    private LabelSelector Selector()
    {
        var isIn = Chance(2);
        return new()
        {
            MatchLabels = Chance(2) ? RbacObject.NoTexts.Add($"{prefix}/to-{_random.Next(4)}", "true") : RbacObject.NoTexts,
            MatchExpressions =
        [
            new($"{prefix}/to-{_random.Next(4)}", isIn ? "In" : "Exists", isIn ? [One(["true", "false"])] : []),
            .. Chance(2) ? (LabelRequirement[])[new($"{prefix}/to-{_random.Next(4)}", "DoesNotExist", []), new($"{prefix}/to-{_random.Next(4)}", "NotIn", ["false"])] : [],
        ],
        };
    }

    private PolicyRule Rule(bool url) => url
        ? new() { Verbs = Chance(4) ? [PolicyRule.All] : Some(["get", "post", "Get"], 1), NonResourceUrls = Chance(10) ? [PolicyRule.All] : Some(Urls, 1) }
        : new()
        {
            Verbs = Chance(8) ? [PolicyRule.All] : Some(Verbs, 1),
            ApiGroups = Chance(5) ? [PolicyRule.All] : Some(Groups, 1),
            Resources = Chance(8) ? [PolicyRule.All] : Some(Resources, 1),
            // An empty name is a name: it is the one of requests without any.
            ResourceNames = Chance(3) ? Some([.. Names, ""], 1) : [],
        };

    private BindingSubject Named(bool clusterWide)
    {
        switch (_random.Next(6))
        {
            case 0: return new("User", User());
            case 1: return new("User", Account());
            case 2: return new("Group", Group());
            // Everybody's groups only where nobody else is.
            case 3 when !clusterWide && Chance(people): return new("Group", One([Domain.Rbac.Requester.Authenticated, Domain.Rbac.Requester.ServiceAccounts, Domain.Rbac.Requester.Unauthenticated]));
            case 4 when !clusterWide: return new("ServiceAccount", AccountName());
            default: return new("ServiceAccount", AccountName(), One(namespaces));
        }
    }

    private string User() => $"{prefix}-user{_random.Next(people)}{(Chance(20) ? ":X" : "")}";

    private string Group() => Chance(people) ? $"{Domain.Rbac.Requester.ServiceAccounts}:{One(namespaces)}" : $"{prefix}-group{_random.Next((people + 1) / 2)}";

    private string Account() => $"system:serviceaccount:{One(namespaces)}:{AccountName()}";

    private string AccountName() => $"sa{_random.Next((people + 1) / 2)}";

    private T One<T>(IReadOnlyList<T> from) => from[_random.Next(from.Count)];

    private ImmutableArray<string> Some(string[] from, int least) => [.. Enumerable.Range(0, _random.Next(least, 4)).Select(_ => One(from))];
}

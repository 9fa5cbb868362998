using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>Something worth guarding: whoever is allowed one of these requests reaches it.</summary>
/// <param name="Name">What it is, such as <c>Secrets of kube-system</c>.</param>
/// <param name="Questions">The requests, without a name of an object: one that is only allowed by name reaches a part.</param>
public sealed record Place(string Name, ImmutableArray<AccessQuestion> Questions)
{
    /// <summary>The privileged namespace that it is in; empty for the whole cluster.</summary>
    public string Namespace { get; init; } = "";

    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "update", "patch"];

    /// <summary>The places that matter in every cluster, the widest first.</summary>
    /// <param name="privilegedNamespaces">Namespaces whose control is control of the cluster.</param>
    public static ImmutableArray<Place> Usual(IEnumerable<string> privilegedNamespaces)
    {
        ArgumentNullException.ThrowIfNull(privilegedNamespaces);
        ImmutableArray<string> privileged = [.. privilegedNamespaces];
        return
        [
            new("Everything", Ask(["*"], "*", "*")),
            new("Changes of roles and bindings",
            [
                .. Ask([.. Write, "escalate", "bind"], Rbac, "clusterroles"), .. Ask([.. Write, "escalate", "bind"], Rbac, "roles"),
                .. Ask(Write, Rbac, "clusterrolebindings"), .. Ask(Write, Rbac, "rolebindings"),
            ]),
            new("Acting as others",
            [
                .. Ask(["impersonate"], "", "users"), .. Ask(["impersonate"], "", "groups"), .. Ask(["impersonate"], "", "serviceaccounts"),
                .. Ask(["impersonate"], "authentication.k8s.io", "userextras"), .. Ask(["impersonate"], "authentication.k8s.io", "uids"),
            ]),
            new("Tokens of service accounts", Ask(["create"], "", "serviceaccounts/token")),
            new("All Secrets", Ask(Read, "", "secrets")),
            // A client may open a stream with GET as well as with POST.
            new("Kubelets of the nodes", Ask(["create", "get"], "", "nodes/proxy")),
            new("Admission webhooks", [.. Ask(Write, Admission, "mutatingwebhookconfigurations"), .. Ask(Write, Admission, "validatingwebhookconfigurations")]),
            .. privileged.SelectMany(space => Of(space)),
        ];
    }

    /// <summary>The places of one privileged namespace, each by itself.</summary>
    public static ImmutableArray<Place> Of(string namespaceName) => [.. In(namespaceName).Select(place => place with { Namespace = namespaceName })];

    /// <summary>The places of one privileged namespace as one: whoever reaches any of them has control of it.</summary>
    public static Place ControlOf(string namespaceName) => new($"Control of {namespaceName}", [.. In(namespaceName).SelectMany(place => place.Questions)]) { Namespace = namespaceName };

    private static IEnumerable<Place> In(string namespaceName) =>
    [
        new($"Secrets of {namespaceName}", Ask(Read, "", "secrets", namespaceName)),
        new($"New Pods in {namespaceName}",
        [
            .. Ask(["create"], "", "pods", namespaceName), .. Ask(Write, "apps", "deployments", namespaceName), .. Ask(Write, "apps", "daemonsets", namespaceName),
            .. Ask(Write, "apps", "statefulsets", namespaceName), .. Ask(Write, "apps", "replicasets", namespaceName), .. Ask(Write, "batch", "jobs", namespaceName),
            .. Ask(Write, "batch", "cronjobs", namespaceName), .. Ask(Write, "", "replicationcontrollers", namespaceName),
        ]),
        new($"Commands in Pods of {namespaceName}",
        [
            .. Ask(["create", "get"], "", "pods/exec", namespaceName), .. Ask(["create", "get"], "", "pods/attach", namespaceName),
            .. Ask(["update", "patch"], "", "pods/ephemeralcontainers", namespaceName),
        ]),
        new($"Service accounts of {namespaceName}", [.. Ask(["create"], "", "serviceaccounts/token", namespaceName), .. Ask(["impersonate"], "", "serviceaccounts", namespaceName)]),
        new($"Roles and bindings of {namespaceName}",
        [
            .. Ask([.. Write, "escalate", "bind"], Rbac, "roles", namespaceName), .. Ask(Write, Rbac, "rolebindings", namespaceName),
        ]),
    ];

    private static ImmutableArray<AccessQuestion> Ask(string[] verbs, string apiGroup, string resource, string namespaceName = "") =>
        [.. verbs.Select(verb => AccessQuestion.For(verb, apiGroup, resource, namespaceName: namespaceName))];
}

/// <summary>That somebody reaches a place.</summary>
/// <param name="Place">The place.</param>
/// <param name="By">Through what, in the order of the bindings.</param>
/// <param name="Through">The implicit group that gives it; <see langword="null"/> where the subject itself is named.</param>
/// <param name="Whole">Whether some rule reaches all of it; otherwise only objects that the rules name.</param>
public sealed record Reached(Place Place, ImmutableArray<Allowance> By, string? Through, bool Whole);

/// <summary>Somebody, and the places that they reach.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Reached">In the order of the places; of one place first what is their own, then what comes by groups.</param>
public sealed record Reacher(Subject Subject, ImmutableArray<Reached> Reached);

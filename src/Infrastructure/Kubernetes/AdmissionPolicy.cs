using System.Globalization;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// ValidatingAdmissionPolicies (Kubernetes 1.30 and later) that contain a stolen token of the portal: with it one can create
/// only what the catalogue offers, for one person and a probe, with an end; and delete only bindings of grants. The standing bindings
/// that reviewed changes take away may be deleted by name, and made again exactly. A second one
/// keeps anybody else from making or changing a binding that has the name of a grant's.
/// </summary>
public static class AdmissionPolicy
{
    /// <summary>The policy about what the portal itself may do.</summary>
    public const string PortalPolicy = "lapse-portal-writes-only-grants";

    /// <summary>The policy about what everybody else may do to bindings of grants.</summary>
    public const string OthersPolicy = "lapse-grants-are-written-by-lapse";

    // The variable that says whether it is about a standing binding that was reviewed.
    private const string Standing = "standing";

    // As BindingKeys.IsBindingName; RE2, as CEL has it.
    private const string NamePattern = "^lapse-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

    /// <summary>Both policies with their bindings.</summary>
    /// <param name="entries">The catalogue's entries on the cluster.</param>
    /// <param name="account">The portal's ServiceAccount.</param>
    /// <param name="userNamePrefix">What the cluster puts before people's names; empty if nothing.</param>
    /// <param name="longest">The longest that a binding may live: the catalogue's longest, a minute for becoming usable, and some for clocks that differ.</param>
    /// <param name="standing">The standing bindings that reviewed changes let the portal remove or restore: these by name, and made again with exactly their role and subjects.</param>
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Manifests(
        IEnumerable<ClusterRightsEntry> entries, PortalAccount account, string userNamePrefix, TimeSpan longest, IReadOnlyCollection<ReviewedBinding>? standing = null) =>
    [
        Policy(
            PortalPolicy,
            ["CREATE", "UPDATE", "DELETE"],
            [new() { Name = "by-the-portal", Expression = $"request.userInfo.username == {Quote(account.UserName)}" }],
            [
                new() { Name = "binding", Expression = "request.operation == \"DELETE\" ? oldObject : object" },
                new() { Name = "isCreate", Expression = "request.operation == \"CREATE\"" },
                new() { Name = "place", Expression = $"has(request.namespace) && request.namespace != \"\" ? request.namespace : {Quote(BindingKeys.ClusterWide)}" },
                new() { Name = "people", Expression = $"variables.isCreate && has(object.subjects) ? object.subjects.filter(s, !s.name.startsWith({Quote(BindingProbe.Prefix)})) : []" },
                .. standing is { Count: > 0 } ? [new() { Name = Standing, Expression = IsStanding(standing) }] : Array.Empty<V1Variable>(),
            ],
            PortalRules(Offers(entries), userNamePrefix, longest, standing is { Count: > 0 })),
        Activation(PortalPolicy),
        Policy(
            OthersPolicy,
            ["CREATE", "UPDATE"],
            [
                new() { Name = "by-somebody-else", Expression = $"request.userInfo.username != {Quote(account.UserName)}" },
                new() { Name = "a-grant", Expression = $"has(object.metadata.name) && object.metadata.name.matches({Quote(NamePattern)})" },
            ],
            [],
            OthersRules()),
        Activation(OthersPolicy),
    ];

    private static V1Validation[] PortalRules(IEnumerable<string> offers, string prefix, TimeSpan longest, bool hasStanding) =>
    [
        Rule("request.operation != \"UPDATE\"", "Lapse never changes a binding."),
        .. GrantRules(offers, prefix, longest).Select(rule => hasStanding ? Rule($"variables.{Standing} || ({rule.Expression})", rule.Message) : rule),
        Rule("!variables.isCreate || !has(object.metadata.finalizers) || size(object.metadata.finalizers) == 0", "Nothing may hold up the deletion of a binding of a grant."),
    ];

    // By name when it is deleted; by name, role and subjects, in their order, when it is made again.
    private static string IsStanding(IReadOnlyCollection<ReviewedBinding> standing)
    {
        var names = standing.Select(one => Quote($"{Place(one)} {one.Binding.Name}")).Distinct().Order(StringComparer.Ordinal);
        var exact = standing.Select(one =>
            $"(variables.place == {Quote(Place(one))} && object.metadata.name == {Quote(one.Binding.Name)}"
            + $" && object.roleRef.kind == {Quote(one.Binding.RoleRef.Kind)} && object.roleRef.name == {Quote(one.Binding.RoleRef.Name)}"
            + $" && has(object.subjects) && object.subjects.map(s, s.kind + \" \" + s.name) == [{string.Join(", ", one.Binding.Subjects.Select(subject => Quote($"{subject.Kind} {subject.Name}")))}])")
            .Distinct().Order(StringComparer.Ordinal);
        return $"request.operation == \"DELETE\" ? (variables.place + \" \" + oldObject.metadata.name) in [{string.Join(", ", names)}] : variables.isCreate && ({string.Join(" || ", exact)})";

        static string Place(ReviewedBinding one) => one.Binding.Namespace ?? BindingKeys.ClusterWide;
    }

    private static V1Validation[] GrantRules(IEnumerable<string> offers, string prefix, TimeSpan longest) =>
    [
        Rule($"variables.binding.metadata.name.matches({Quote(NamePattern)})", "Lapse writes bindings of grants only."),
        Rule(
            $"!variables.isCreate || (variables.place + \" \" + object.roleRef.kind + \"/\" + object.roleRef.name) in [{string.Join(", ", offers.Select(Quote))}]",
            "The catalogue did not offer this role here when this policy was made."),
        Rule(
            $"!variables.isCreate || (has(object.subjects) && size(object.subjects) == 2 && object.subjects.all(s, s.kind == \"User\") && size(variables.people) == 1)",
            "A binding of a grant is for one person and one probe."),
        Rule(
            $"!variables.isCreate || variables.people.all(s, s.name.startsWith({Quote(prefix)}) && !s.name.startsWith(\"system:\") && !s.name.startsWith(\"lapse:\"))",
            "The person's name does not look like a name that this cluster gives to people."),
        // CEL has no clock here. The creation time is the server's own, set before policies are asked.
        Rule(
            $"!variables.isCreate || (timestamp(object.metadata.annotations[{Quote(BindingKeys.NotAfter)}]) - timestamp(object.metadata.creationTimestamp) <= duration({Quote(Seconds(longest))}))",
            "The binding has no end, or one that is too far away."),
        Rule(
            $"!variables.isCreate || (object.metadata.labels[{Quote(BindingKeys.ManagedBy)}] == {Quote(BindingKeys.ManagedByLapse)} && {Quote(BindingKeys.Signature)} in object.metadata.annotations)",
            "The binding must wear the label of Lapse and carry a signature."),
    ];

    // Taking finalizers off must stay possible, or a held binding could never go.
    private static V1Validation[] OthersRules() =>
    [
        Rule("request.operation == \"UPDATE\"", "Only Lapse makes bindings of grants."),
        Rule(
            "request.operation != \"UPDATE\" || (object.roleRef == oldObject.roleRef"
            + " && (has(object.subjects) ? object.subjects : []) == (has(oldObject.subjects) ? oldObject.subjects : [])"
            + " && (has(object.metadata.labels) ? object.metadata.labels : {}) == (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})"
            + " && (has(object.metadata.annotations) ? object.metadata.annotations : {}) == (has(oldObject.metadata.annotations) ? oldObject.metadata.annotations : {}))",
            "Nobody changes a binding of a grant. To end the access, delete it."),
        Rule(
            "request.operation != \"UPDATE\" || !has(object.metadata.finalizers) || object.metadata.finalizers.all(f, has(oldObject.metadata.finalizers) && f in oldObject.metadata.finalizers)",
            "Nothing may hold up the deletion of a binding of a grant."),
    ];

    private static IEnumerable<string> Offers(IEnumerable<ClusterRightsEntry> entries) => entries
        .SelectMany(entry => entry.IsClusterWide ? [$"{BindingKeys.ClusterWide} {entry.Role}"] : entry.Namespaces.Select(place => $"{place} {entry.Role}"))
        .Distinct().Order(StringComparer.Ordinal);

    private static V1ValidatingAdmissionPolicy Policy(
        string name, string[] operations, V1MatchCondition[] conditions, V1Variable[] variables, V1Validation[] rules) => new()
        {
            ApiVersion = "admissionregistration.k8s.io/v1",
            Kind = "ValidatingAdmissionPolicy",
            Metadata = new() { Name = name },
            Spec = new()
            {
                FailurePolicy = "Fail",
                MatchConstraints = new()
                {
                    ResourceRules = [new() { ApiGroups = [BindingKeys.RbacGroup], ApiVersions = ["v1"], Operations = operations, Resources = ["rolebindings", "clusterrolebindings"] }],
                },
                MatchConditions = conditions,
                Variables = variables.Length == 0 ? null : variables,
                Validations = rules,
            },
        };

    private static V1ValidatingAdmissionPolicyBinding Activation(string policy) => new()
    {
        ApiVersion = "admissionregistration.k8s.io/v1",
        Kind = "ValidatingAdmissionPolicyBinding",
        Metadata = new() { Name = policy },
        Spec = new() { PolicyName = policy, ValidationActions = ["Deny", "Audit"] },
    };

    private static V1Validation Rule(string expression, string message) => new() { Expression = expression, Message = message, Reason = "Forbidden" };

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s";

    // A CEL string literal: names of roles may hold almost any character.
    private static string Quote(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

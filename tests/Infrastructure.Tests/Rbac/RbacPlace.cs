using System.Collections.Immutable;
using System.Globalization;
using k8s;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using BindingSubject = Lapse.Domain.Rbac.State.BindingSubject;
using RoleReference = Lapse.Domain.Rbac.State.RoleReference;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>Namespaces of one test for roles and bindings of the domain, put into the real API server; everything is gone with it.</summary>
internal sealed class RbacPlace : IAsyncDisposable
{
    private const string Label = "lapse-test";
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 16 };
    private readonly List<TestNamespace> _namespaces;

    private RbacPlace(List<TestNamespace> namespaces) => _namespaces = namespaces;

    /// <summary>What every name begins with.</summary>
    public string Prefix => _namespaces[0].Name;

    /// <summary>The namespaces.</summary>
    public IReadOnlyList<string> Namespaces => [.. _namespaces.Select(place => place.Name)];

    /// <summary>An administrator's client.</summary>
    public IKubernetes Client => _namespaces[0].Client;

    /// <summary>The seed of this run: <c>LAPSE_RBAC_SEED</c>, else another one each time.</summary>
    public static int Seed => Number("LAPSE_RBAC_SEED", Random.Shared.Next());

    /// <summary>A size: as the variable says, else small enough for every run.</summary>
    public static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public static async Task<RbacPlace> CreateAsync(ControlPlaneFixture controlPlane, int namespaces, CancellationToken cancellationToken)
    {
        List<TestNamespace> places = [];
        while (places.Count < namespaces) places.Add(await controlPlane.NamespaceAsync(cancellationToken));
        return new(places);
    }

    /// <summary>
    /// Creates them and waits until the API server's own authorizer has heard of all: it watches each of the four kinds in
    /// order, so what was made last through each kind tells of everything before it.
    /// </summary>
    public async Task PutAsync(ImmutableArray<RoleObject> roles, ImmutableArray<BindingObject> bindings, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(roles, AtOnce, async (role, _) => await PutAsync(role, cancellationToken));
        await Parallel.ForEachAsync(bindings, AtOnce, async (binding, _) => await PutAsync(binding, cancellationToken));

        var (name, space) = ($"{Prefix}-last-{Guid.NewGuid():N}", Prefix);
        foreach (var (role, binding) in new[] { ("", ""), (space, space) })
        {
            await PutAsync(new RoleObject { Namespace = role, Name = name, Rules = [new() { Verbs = ["get"], ApiGroups = ["last"], Resources = ["lasts"] }] }, cancellationToken);
            await PutAsync(new BindingObject { Namespace = binding, Name = name, Role = new(role.Length == 0 ? "ClusterRole" : "Role", name), Subjects = [new("User", $"{name}-{binding}")] }, cancellationToken);
            await Wait.UntilAsync(
                async () => (await ReviewAsync(Requester.Exactly($"{name}-{binding}", []), AccessQuestion.For("get", "last", "lasts", namespaceName: binding), cancellationToken)).Allowed,
                "the API server has heard of all roles and bindings", cancellationToken);
        }
    }

    /// <summary>What the API server says.</summary>
    public async Task<V1SubjectAccessReviewStatus> ReviewAsync(Requester who, AccessQuestion question, CancellationToken cancellationToken) =>
        (await Client.AuthorizationV1.CreateSubjectAccessReviewAsync(
            new V1SubjectAccessReview
            {
                Spec = new()
                {
                    User = who.Name.Length == 0 ? null : who.Name,
                    Groups = who.Groups.IsEmpty ? null : [.. who.Groups],
                    ResourceAttributes = !question.IsResource ? null : new()
                    {
                        Verb = question.Verb,
                        Group = question.ApiGroup,
                        Resource = question.Resource,
                        Subresource = question.Subresource,
                        Name = question.Name,
                        NamespaceProperty = question.Namespace,
                    },
                    NonResourceAttributes = question.NonResourceUrl is { } path ? new() { Path = path, Verb = question.Verb } : null,
                },
            },
            cancellationToken: cancellationToken)).Status;

    /// <summary>All roles and bindings of the cluster, those of others and the built-in ones too.</summary>
    public async Task<RbacState> ReadAsync(CancellationToken cancellationToken)
    {
        var rbac = Client.RbacAuthorizationV1;
        var clusterRoles = await rbac.ListClusterRoleAsync(cancellationToken: cancellationToken);
        var roles = await rbac.ListRoleForAllNamespacesAsync(cancellationToken: cancellationToken);
        var clusterBindings = await rbac.ListClusterRoleBindingAsync(cancellationToken: cancellationToken);
        var bindings = await rbac.ListRoleBindingForAllNamespacesAsync(cancellationToken: cancellationToken);
        return new()
        {
            Roles =
            [
                .. clusterRoles.Items.Select(role => Read(role.Metadata, role.Rules) with { Aggregates = [.. (role.AggregationRule?.ClusterRoleSelectors ?? []).Select(Read)] }),
                .. roles.Items.Select(role => Read(role.Metadata, role.Rules)),
            ],
            Bindings =
            [
                .. clusterBindings.Items.Select(binding => Read(binding.Metadata, binding.RoleRef, binding.Subjects)),
                .. bindings.Items.Select(binding => Read(binding.Metadata, binding.RoleRef, binding.Subjects)),
            ],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Client.RbacAuthorizationV1.DeleteCollectionClusterRoleBindingAsync(labelSelector: $"{Label}={Prefix}");
        await Client.RbacAuthorizationV1.DeleteCollectionClusterRoleAsync(labelSelector: $"{Label}={Prefix}");
        foreach (var place in _namespaces) await place.DisposeAsync();
    }

    public Task PutAsync(RoleObject role, CancellationToken cancellationToken)
    {
        var metadata = Metadata(role);
        V1PolicyRule[] rules = [.. role.Rules.Select(Write)];
        return role.IsClusterRole
            ? Client.RbacAuthorizationV1.CreateClusterRoleAsync(
                new()
                {
                    Metadata = metadata,
                    Rules = rules,
                    AggregationRule = role.Aggregates.IsEmpty ? null : new() { ClusterRoleSelectors = [.. role.Aggregates.Select(Write)] },
                },
                cancellationToken: cancellationToken)
            : Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new() { Metadata = metadata, Rules = rules }, role.Namespace, cancellationToken: cancellationToken);
    }

    public Task PutAsync(BindingObject binding, CancellationToken cancellationToken)
    {
        var reference = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = binding.Role.Kind, Name = binding.Role.Name };
        Rbacv1Subject[] subjects =
        [
            .. binding.Subjects.Select(subject => new Rbacv1Subject { Kind = subject.Kind, Name = subject.Name, NamespaceProperty = subject.Namespace.Length == 0 ? null : subject.Namespace }),
        ];
        return binding.IsClusterWide
            ? Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(new() { Metadata = Metadata(binding), RoleRef = reference, Subjects = subjects }, cancellationToken: cancellationToken)
            : Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(new() { Metadata = Metadata(binding), RoleRef = reference, Subjects = subjects }, binding.Namespace, cancellationToken: cancellationToken);
    }

    /// <summary>A rule as the API writes it.</summary>
    public static V1PolicyRule Write(PolicyRule rule) => new()
    {
        Verbs = [.. rule.Verbs],
        ApiGroups = rule.ApiGroups.IsEmpty ? null : [.. rule.ApiGroups],
        Resources = rule.Resources.IsEmpty ? null : [.. rule.Resources],
        ResourceNames = rule.ResourceNames.IsEmpty ? null : [.. rule.ResourceNames],
        NonResourceURLs = rule.NonResourceUrls.IsEmpty ? null : [.. rule.NonResourceUrls],
    };

    private V1ObjectMeta Metadata(RbacObject one) => new() { Name = one.Name, Labels = new Dictionary<string, string>(one.Labels) { [Label] = Prefix } };

    private static V1LabelSelector Write(LabelSelector selector) => new()
    {
        MatchLabels = selector.MatchLabels.IsEmpty ? null : new Dictionary<string, string>(selector.MatchLabels),
        MatchExpressions = selector.MatchExpressions.IsEmpty
            ? null
            : [.. selector.MatchExpressions.Select(one => new V1LabelSelectorRequirement { Key = one.Key, OperatorProperty = one.Operator, Values = one.Values.IsEmpty ? null : [.. one.Values] })],
    };

    private static LabelSelector Read(V1LabelSelector selector) => new()
    {
        MatchLabels = Texts(selector.MatchLabels),
        MatchExpressions = [.. (selector.MatchExpressions ?? []).Select(one => new LabelRequirement(one.Key, one.OperatorProperty, [.. one.Values ?? []]))],
    };

    private static RoleObject Read(V1ObjectMeta metadata, IList<V1PolicyRule>? rules) =>
        new() { Namespace = metadata.NamespaceProperty ?? "", Name = metadata.Name, Labels = Texts(metadata.Labels), Rules = [.. RuleMapping.From(rules)] };

    private static BindingObject Read(V1ObjectMeta metadata, V1RoleRef role, IList<Rbacv1Subject>? subjects) => new()
    {
        Namespace = metadata.NamespaceProperty ?? "",
        Name = metadata.Name,
        Role = new RoleReference(role.Kind, role.Name),
        Subjects = [.. (subjects ?? []).Select(subject => new BindingSubject(subject.Kind, subject.Name, subject.NamespaceProperty ?? "", subject.ApiGroup ?? ""))],
    };

    private static ImmutableSortedDictionary<string, string> Texts(IDictionary<string, string>? texts) => texts is null ? RbacObject.NoTexts : RbacObject.NoTexts.AddRange(texts);
}

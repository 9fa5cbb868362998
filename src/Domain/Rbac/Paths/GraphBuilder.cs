using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Paths;

/// <summary>
/// Draws the graph of a state. Namespaces are places of their own, so that who may make Pods in all of them is one edge and
/// not one to each ServiceAccount: edges grow with bindings, ServiceAccounts and namespaces, never with their product.
/// </summary>
internal sealed class GraphBuilder
{
    private const string Everywhere = "";
    private const string KubeSystem = "kube-system";
    private const string EnforceLabel = "pod-security.kubernetes.io/enforce";

    private readonly RbacIndex _index;
    private readonly PathGraph _graph = new();
    private readonly Combinations _combinations;
    private readonly Dictionary<(string, string, bool), RoleAbilities> _abilities = [];
    private readonly HashSet<(string, string, string)> _drawn = [];
    private readonly Queue<(RoleObject Role, string Scope)> _toDraw = [];
    private readonly List<(int Place, RoleObject Role, string Scope)> _roles = [];
    private readonly SortedSet<string> _namespaces = new(StringComparer.Ordinal);
    private readonly ILookup<string, Subject> _accountsByName;
    private readonly ILookup<string, WorkloadObject> _podsByName;
    private readonly ILookup<string, TokenSecretObject> _tokensByName;
    private readonly ImmutableArray<Subject> _accounts;
    private readonly ImmutableArray<Subject> _subjects;
    private readonly int _admin;
    private bool _isDone;

    private GraphBuilder(RbacIndex index)
    {
        _index = index;
        _admin = _graph.Place(PlaceKind.ClusterAdmin);
        _namespaces.UnionWith(index.State.Objects.Select(one => one is NamespaceObject ? one.Name : one.Namespace).Where(name => name.Length > 0));
        _subjects = index.Subjects();
        _accounts = [.. _subjects.Where(subject => subject.Kind == SubjectKind.ServiceAccount)];
        _namespaces.UnionWith(_accounts.Select(account => account.Namespace));
        _accountsByName = _accounts.ToLookup(account => account.Name, StringComparer.Ordinal);
        _podsByName = index.State.Workloads.Where(one => one.WorkloadKind == "Pod").ToLookup(one => one.Name, StringComparer.Ordinal);
        _tokensByName = index.State.Tokens.ToLookup(one => one.Name, StringComparer.Ordinal);
        _combinations = new Combinations(index, _graph, _namespaces, AbilitiesOf, RoleAt);
    }

    internal static DrawnGraph Draw(RbacIndex index)
    {
        var builder = new GraphBuilder(index);
        builder.DrawSubjects();
        builder.DrawNamespaces();
        builder.DrawNodes();
        builder.DrawIdentities();
        builder.DrawBindings();
        builder.DrawRoles();
        builder._isDone = true;
        return new DrawnGraph(builder._graph, builder._combinations, builder._roles);
    }

    private void DrawSubjects()
    {
        foreach (var subject in _subjects) _graph.Of(subject);
        var masters = _graph.Of(Subject.OfGroup(Requester.Masters));
        Add(masters, _admin, EdgeKind.Holds, []);
        foreach (var subject in _subjects)
        {
            if (subject.Kind == SubjectKind.Group && subject.Name.StartsWith("system:", StringComparison.Ordinal)) continue;
            ImmutableArray<string> groups = subject.Kind == SubjectKind.Group ? [Requester.Authenticated] : Requester.Of(subject).Groups;
            foreach (var group in groups)
                if (_graph.Find(Subject.OfGroup(group)) is { } place) _graph.Add(new Edge(_graph.Of(subject), place, null, false, [], IsMembership: true));
        }
    }

    // What one can do in all namespaces one can do in each.
    private void DrawNamespaces()
    {
        foreach (var space in _namespaces.Prepend(Everywhere))
        {
            var (pods, running, secrets) = (_graph.Place(PlaceKind.NewPods, space), _graph.Place(PlaceKind.RunningPods, space), _graph.Place(PlaceKind.Secrets, space));
            var (accounts, names, roles, everything) = (_graph.Place(PlaceKind.Accounts, space), _graph.Place(PlaceKind.AccountNames, space), _graph.Place(PlaceKind.Roles, space), _graph.Place(PlaceKind.Everything, space));
            foreach (var part in (ReadOnlySpan<int>)[pods, running, secrets, names]) Means(everything, part);
            Means(pods, accounts);
            Means(pods, secrets);
            Means(names, accounts);
            if (space.Length == 0) continue;
            foreach (var kind in (ReadOnlySpan<PlaceKind>)[PlaceKind.NewPods, PlaceKind.RunningPods, PlaceKind.Secrets, PlaceKind.Accounts, PlaceKind.AccountNames, PlaceKind.Roles, PlaceKind.Everything])
                Means(_graph.Place(kind), _graph.Place(kind, space));
        }

        var exist = _index.State.IsWhole("serviceaccounts") ? _index.State.ServiceAccounts.Select(account => account.Subject).ToHashSet() : null;
        foreach (var account in _accounts)
            Means(_graph.Place(exist?.Contains(account) == false ? PlaceKind.AccountNames : PlaceKind.Accounts, account.Namespace), _graph.Of(account));
        foreach (var space in _namespaces)
        {
            // Every namespace has a ServiceAccount, at least the default one, and it is in these groups.
            foreach (var group in (ReadOnlySpan<string>)[$"{Requester.ServiceAccounts}:{space}", Requester.ServiceAccounts])
                if (_graph.Find(Subject.OfGroup(group)) is { } place) Means(_graph.Place(PlaceKind.Accounts, space), place);
        }

        DrawWorkloads();
        foreach (var token in _index.State.Tokens)
            if (_graph.Find(Subject.OfAccount(token.Namespace, token.ServiceAccount)) is { } account)
                _graph.Add(new Edge(_graph.Place(PlaceKind.Secrets, token.Namespace), account, EdgeKind.ReadTokenSecret, false, []));
        Means(_admin, _graph.Place(PlaceKind.Everything));
    }

    private void DrawWorkloads()
    {
        var state = _index.State;
        var mounts = state.ServiceAccounts.ToLookup(account => account.Subject, account => account.AutomountsToken);
        var nodes = _graph.Place(PlaceKind.Nodes);
        foreach (var space in state.Workloads.GroupBy(workload => workload.Namespace, StringComparer.Ordinal))
        {
            var running = _graph.Place(PlaceKind.RunningPods, space.Key);
            if (space.Any(workload => workload.ReachesItsNode)) Means(running, nodes);
            foreach (var account in space
                .Where(workload => workload.AutomountsToken ?? mounts[Subject.OfAccount(workload.Namespace, workload.ServiceAccount)].FirstOrDefault() ?? true)
                .Select(workload => Subject.OfAccount(space.Key, workload.ServiceAccount)).Distinct())
            {
                if (_graph.Find(account) is not { } place) continue;
                Means(running, place);
                Add(nodes, place, EdgeKind.UseNodes, []);
            }
        }

        if (state.IsWhole("workloads")) return;
        var seen = state.Workloads.Select(workload => workload.Namespace).ToHashSet(StringComparer.Ordinal);
        foreach (var account in _accounts)
        {
            if (!seen.Contains(account.Namespace))
                _graph.Add(new Edge(_graph.Place(PlaceKind.RunningPods, account.Namespace), _graph.Of(account), null, false, [], $"a Pod in {account.Namespace} runs as it"));
        }
    }

    private void DrawNodes()
    {
        var nodes = _graph.Place(PlaceKind.Nodes);
        var enforced = _index.State.Namespaces
            .Where(space => space.Labels.TryGetValue(EnforceLabel, out var level) && level is "baseline" or "restricted")
            .Select(space => space.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var space in _namespaces.Where(space => !enforced.Contains(space)))
            _graph.Add(new Edge(_graph.Place(PlaceKind.NewPods, space), nodes, EdgeKind.RunPrivilegedPods, false, [], $"nothing but Pod Security, which {space} does not enforce, forbids privileged Pods"));
        _graph.Add(new Edge(nodes, _admin, EdgeKind.UseNodes, true, [], "the control plane runs on nodes of this cluster"));
    }

    private void DrawIdentities()
    {
        foreach (var subject in _subjects.Append(Subject.OfGroup(Requester.Masters)).Distinct())
        {
            var place = _graph.Of(subject);
            // The API server does not sign for system:masters.
            if (subject != Subject.OfGroup(Requester.Masters)) Means(_graph.Place(PlaceKind.Certificates), place);
            if (subject.Kind != SubjectKind.ServiceAccount) Means(_graph.Place(subject.Kind == SubjectKind.Group ? PlaceKind.Groups : PlaceKind.Users), place);
        }
    }

    private void DrawBindings()
    {
        foreach (var binding in _index.Bindings)
        {
            // Roles without dangerous abilities are places as well, since any act may be asked for.
            if (_index.RoleOf(binding) is not { Rules.IsEmpty: false } role) continue;
            var place = RoleAt(role, binding.Namespace);
            foreach (var subject in binding.Subjects.Select(subject => subject.Means(binding.Namespace)).OfType<Subject>().Distinct())
                _graph.Add(new Edge(_graph.Of(subject), place, null, false, [new Ground(binding, role, -1)]));
        }

        foreach (var role in _index.Roles.Where(role => !role.IsClusterRole && !AbilitiesOf(role, role.Namespace).IsEmpty))
            Means(_graph.Place(PlaceKind.Roles, role.Namespace), RoleAt(role, role.Namespace));
        foreach (var subject in _subjects)
            foreach (var edge in _combinations.Of(_graph.Of(subject), Requester.Of(subject))) _graph.Add(edge);
    }

    private RoleAbilities AbilitiesOf(RoleObject role, string scope)
    {
        // What a role gives in one namespace it gives in each.
        var key = (role.Namespace, role.Name, scope.Length == 0);
        if (!_abilities.TryGetValue(key, out var abilities)) _abilities[key] = abilities = RoleAbilities.Of(role, scope.Length == 0);
        return abilities;
    }

    // Once it is drawn the graph does not change any more, since many may ask at the same time.
    private int RoleAt(RoleObject role, string scope)
    {
        if (_isDone) return _graph.Find(PlaceKind.Role, role.Reference, scope) ?? PathGraph.Nowhere;
        if (_drawn.Add((role.Namespace, role.Name, scope))) _toDraw.Enqueue((role, scope));
        return _graph.Place(PlaceKind.Role, role.Reference, scope);
    }

    private void DrawRoles()
    {
        while (_toDraw.TryDequeue(out var one))
        {
            var place = RoleAt(one.Role, one.Scope);
            _roles.Add((place, one.Role, one.Scope));
            var abilities = AbilitiesOf(one.Role, one.Scope);
            // Who binds by name may be somebody with one group for bind and another for bindings, of whom is only heard later.
            foreach (var name in abilities.Partly.Where(half => half.Kind == Half.BindClusterRoles).SelectMany(half => half.Names))
                if (_index.Role("", name) is { } named) RoleAt(named, one.Scope);
            foreach (var ability in abilities.Wholly)
                DrawAbility(place, ability, new Ground(null, one.Role, ability.Rule), one.Scope);
            if (abilities.Wholly is [{ Kind: Whole.Everything }]) continue;
            foreach (var edge in _combinations.Of(place, one.Role, one.Scope)) _graph.Add(edge);
        }
    }

    private void DrawAbility(int from, Ability<Whole> ability, Ground ground, string scope)
    {
        switch (ability.Kind)
        {
            case Whole.Everything:
                Add(from, scope.Length == 0 ? _admin : _graph.Place(PlaceKind.Everything, scope), EdgeKind.Holds, [ground]);
                break;
            case Whole.NewPods:
                Add(from, _graph.Place(PlaceKind.NewPods, scope), EdgeKind.RunPods, [ground]);
                break;
            case Whole.RunningPods when ability.Names.IsEmpty:
                Add(from, _graph.Place(PlaceKind.RunningPods, scope), EdgeKind.EnterPods, [ground]);
                break;
            case Whole.RunningPods:
                foreach (var pod in ability.Names.SelectMany(name => _podsByName[name]).Where(one => IsWithin(one.Namespace, scope)))
                    AddTo(from, Subject.OfAccount(pod.Namespace, pod.ServiceAccount), EdgeKind.EnterPods, ground);
                break;
            case Whole.IssueTokens when ability.Names.IsEmpty:
                Add(from, _graph.Place(PlaceKind.Accounts, scope), EdgeKind.RequestToken, [ground]);
                break;
            case Whole.IssueTokens:
                AddAccounts(from, ability.Names, scope, EdgeKind.RequestToken, ground);
                break;
            case Whole.ReadSecrets when ability.Names.IsEmpty:
                Add(from, _graph.Place(PlaceKind.Secrets, scope), EdgeKind.ReadSecrets, [ground]);
                break;
            case Whole.ReadSecrets:
                foreach (var token in ability.Names.SelectMany(name => _tokensByName[name]).Where(one => IsWithin(one.Namespace, scope)))
                    AddTo(from, Subject.OfAccount(token.Namespace, token.ServiceAccount), EdgeKind.ReadTokenSecret, ground);
                break;
            case Whole.ImpersonateAccounts when ability.Names.IsEmpty:
                Add(from, _graph.Place(PlaceKind.AccountNames, scope), EdgeKind.Impersonate, [ground]);
                break;
            case Whole.ImpersonateAccounts:
                AddAccounts(from, ability.Names, scope, EdgeKind.Impersonate, ground);
                break;
            case Whole.ImpersonateUsers when ability.Names.IsEmpty:
                Add(from, _graph.Place(PlaceKind.Users), EdgeKind.Impersonate, [ground]);
                break;
            case Whole.ImpersonateUsers:
                foreach (var name in ability.Names) AddTo(from, new Subject(SubjectKind.User, name), EdgeKind.Impersonate, ground);
                break;
            case Whole.NodesProxy:
                Add(from, _graph.Place(PlaceKind.Nodes), EdgeKind.NodesProxy, [ground]);
                break;
            case Whole.MutatingWebhooks:
                Add(from, _graph.Place(PlaceKind.NewPods), EdgeKind.RewriteRequests, [ground]);
                break;
            case Whole.ValidatingWebhooks:
                _graph.Add(new Edge(from, _graph.Place(PlaceKind.Secrets), EdgeKind.RewriteRequests, true, [ground], "Secrets are written while the webhook is there"));
                break;
            case Whole.CloudIdentities when IsWithin(KubeSystem, scope) && (ability.Names.IsEmpty || ability.Names.Contains("aws-auth")):
                _graph.Add(new Edge(from, _admin, EdgeKind.MapCloudIdentity, true, [ground], "the cluster is one of EKS that reads aws-auth"));
                break;
            case Whole.CloudIdentities:
                break;
        }
    }

    private void AddAccounts(int from, ImmutableArray<string> names, string scope, EdgeKind kind, Ground ground)
    {
        foreach (var account in names.SelectMany(name => _accountsByName[name]).Where(account => IsWithin(account.Namespace, scope)))
            AddTo(from, account, kind, ground);
    }

    private void AddTo(int from, Subject subject, EdgeKind kind, Ground ground)
    {
        if (_graph.Find(subject) is { } place) Add(from, place, kind, [ground]);
    }

    private static bool IsWithin(string space, string scope) => scope.Length == 0 || scope == space;

    private void Add(int from, int to, EdgeKind kind, Ground[] grounds) => _graph.Add(new Edge(from, to, kind, true, grounds));

    private void Means(int from, int to) => _graph.Add(new Edge(from, to, null, false, []));
}

/// <summary>A graph that is done.</summary>
/// <param name="Graph">The places and edges.</param>
/// <param name="Combinations">What several rights together lead to.</param>
/// <param name="Roles">Every role that is a place, and where.</param>
internal sealed record DrawnGraph(PathGraph Graph, Combinations Combinations, IReadOnlyList<(int Place, RoleObject Role, string Scope)> Roles);

using System.Collections.Immutable;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    private const string LivePods = "status.phase!=Succeeded,status.phase!=Failed";

    /// <summary>
    /// Reads a cluster's RBAC. What Lapse may not read, or what the cluster does not serve, is a gap, and the rest goes on;
    /// whatever else goes wrong is a failure of the whole, so that half a state is never taken for one.
    /// </summary>
    public async Task<ClusterResult<RbacReading>> ReadRbacAsync(RbacReadingAsk ask, CancellationToken cancellationToken)
    {
        var groups = await GroupsAsync(cancellationToken);
        if (groups.Failure is { Kind: not ClusterFailureKind.Forbidden } away) return away;
        var served = groups.Succeeded ? groups.Value : null;
        var read = new Collected(ask, served?.Select(group => group.Name).ToHashSet(StringComparer.Ordinal));

        ClusterFailure? failure =
            await ListOpenAsync<V1ClusterRoleList, V1ClusterRole>(read, RbacKind.ClusterRole, RbacMapping.From, cancellationToken)
            ?? await ListOpenAsync<V1RoleList, V1Role>(read, RbacKind.Role, RbacMapping.From, cancellationToken)
            ?? await ListOpenAsync<V1ClusterRoleBindingList, V1ClusterRoleBinding>(read, RbacKind.ClusterRoleBinding, RbacMapping.From, cancellationToken)
            ?? await ListOpenAsync<V1RoleBindingList, V1RoleBinding>(read, RbacKind.RoleBinding, RbacMapping.From, cancellationToken)
            ?? await ListAllAsync<V1ServiceAccountList, V1ServiceAccount>(read, RbacKind.ServiceAccount, RbacMapping.From,
                next => _client.CoreV1.ListServiceAccountForAllNamespacesWithHttpMessagesAsync(continueParameter: next, limit: ask.PageSize, cancellationToken: cancellationToken), cancellationToken)
            ?? await ListAllAsync<V1NamespaceList, V1Namespace>(read, RbacKind.Namespace, RbacMapping.From,
                next => _client.CoreV1.ListNamespaceWithHttpMessagesAsync(continueParameter: next, limit: ask.PageSize, cancellationToken: cancellationToken), cancellationToken)
            ?? (ask.Tokens ? await ListTokensAsync(read, cancellationToken) : null);
        if (failure is not null) return failure;
        if (!ask.Workloads) return read.ToReading(null);

        var resources = await ServedAsync(read, served, cancellationToken);
        if (resources.Failure is { } unserved) return unserved;
        failure = await ListWorkloadsAsync(read, cancellationToken);
        return failure is not null ? failure : read.ToReading(resources.Value);
    }

    // Only names and metadata come over the wire; and as long as Lapse may not, which is how it should be, no audit log has a refused list of Secrets.
    private async Task<ClusterFailure?> ListTokensAsync(Collected read, CancellationToken cancellationToken)
    {
        var may = await CanIAsync(AccessQuestion.For("list", "", "secrets"), cancellationToken);
        if (may.Failure is { Kind: not ClusterFailureKind.Forbidden } failure) return failure;
        if (may is { Succeeded: true, Value: true })
            return await ListAllAsync<V1SecretList, V1Secret>(read, RbacKind.Token, secret => RbacMapping.FromToken(ClusterCalls.Required(secret.Metadata)),
                next => _client.CoreV1.ListSecretForAllNamespacesWithHttpMessagesAsync(continueParameter: next, fieldSelector: "type=kubernetes.io/service-account-token", limit: read.Ask.PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken),
                cancellationToken, namesOnly: true);
        read.Leave(RbacKind.Token, $"Lapse may not list Secrets, which is as it should be: whoever may list them may read them. Whoever wants tokens in the audit anyway gives Lapse the rule {RbacKind.Token.WantedRule}; it asks for their names alone.");
        return null;
    }

    private async Task<ClusterFailure?> ListWorkloadsAsync(Collected read, CancellationToken cancellationToken) =>
        await ListOpenAsync<V1DeploymentList, V1Deployment>(read, RbacKind.Deployment, one => RbacMapping.From("Deployment", one.Metadata, one.Spec?.Template?.Spec), cancellationToken)
        ?? await ListOpenAsync<V1StatefulSetList, V1StatefulSet>(read, RbacKind.StatefulSet, one => RbacMapping.From("StatefulSet", one.Metadata, one.Spec?.Template?.Spec), cancellationToken)
        ?? await ListOpenAsync<V1DaemonSetList, V1DaemonSet>(read, RbacKind.DaemonSet, one => RbacMapping.From("DaemonSet", one.Metadata, one.Spec?.Template?.Spec), cancellationToken)
        ?? await ListOpenAsync<V1ReplicaSetList, V1ReplicaSet>(read, RbacKind.ReplicaSet, one => read.IsMadeByRead(one.Metadata) ? null : RbacMapping.From("ReplicaSet", one.Metadata, one.Spec?.Template?.Spec), cancellationToken)
        ?? await ListOpenAsync<V1CronJobList, V1CronJob>(read, RbacKind.CronJob, one => RbacMapping.From("CronJob", one.Metadata, one.Spec?.JobTemplate?.Spec?.Template?.Spec), cancellationToken)
        ?? await ListOpenAsync<V1JobList, V1Job>(read, RbacKind.Job, one => read.IsMadeByRead(one.Metadata) || IsOver(one) ? null : RbacMapping.From("Job", one.Metadata, one.Spec?.Template?.Spec), cancellationToken)
        // One that is over runs nothing, and those that a controller makes are as it says.
        ?? await ListAllAsync<V1PodList, V1Pod>(read, RbacKind.Pod, one => read.IsMadeByRead(one.Metadata) ? null : read.FirstOfItsOwner(RbacMapping.From("Pod", one.Metadata, one.Spec)),
            next => _client.CoreV1.ListPodForAllNamespacesWithHttpMessagesAsync(continueParameter: next, fieldSelector: LivePods, limit: read.Ask.PageSize, cancellationToken: cancellationToken), cancellationToken);

    private static bool IsOver(V1Job job) => job.Status?.Conditions?.Any(condition => condition is { Type: "Complete" or "Failed", Status: "True" }) == true;

    private Task<ClusterFailure?> ListOpenAsync<TList, TItem>(Collected read, RbacKind kind, Func<TItem, RbacObject?> map, CancellationToken cancellationToken)
        where TList : IKubernetesObject<V1ListMeta>, IItems<TItem> where TItem : IMetadata<V1ObjectMeta> => ListAllAsync<TList, TItem>(
            read, kind, map,
            next => _client.CustomObjects.ListClusterCustomObjectWithHttpMessagesAsync<TList>(kind.ApiGroup, read.VersionOf(kind), kind.Resource, continueParameter: next, limit: read.Ask.PageSize, cancellationToken: cancellationToken),
            cancellationToken);

    private async Task<ClusterFailure?> ListAllAsync<TList, TItem>(
        Collected read, RbacKind kind, Func<TItem, RbacObject?> map, Func<string?, Task<HttpOperationResponse<TList>>> list, CancellationToken cancellationToken, bool namesOnly = false)
        where TList : IKubernetesObject<V1ListMeta>, IItems<TItem> where TItem : IMetadata<V1ObjectMeta>
    {
        if (!read.IsServed(kind)) return null;
        var wanted = namesOnly ? "PartialObjectMetadataList" : kind.Kind + "List";
        var pages = await ListPagesAsync(
            async next =>
            {
                using var answer = await list(next);
                // An empty object is not an empty list: a cluster would look clean that nobody saw. Whoever does not leave the content out is not asked so.
                if (answer.Body?.Kind != wanted) throw new FormatException("The answer is not one of an API server.");
                var items = answer.Body.Items ?? [];
                return ((items.Count, Found: items.Select(map).OfType<RbacObject>().ToList()), answer.Body.Metadata?.ContinueProperty);
            },
            LongestWait, cancellationToken, isEnough: pages => pages.Sum(page => page.Count) > read.Ask.MostObjects);
        switch (pages.Failure?.Kind)
        {
            case null when pages.Value.Sum(page => page.Count) > read.Ask.MostObjects:
                read.Leave(kind, $"There are more than {read.Ask.MostObjects} {kind.Resource}, which Lapse does not read.");
                return null;
            case null:
                read.Add(pages.Value.SelectMany(page => page.Found));
                return null;
            case ClusterFailureKind.Forbidden:
                read.Leave(kind, $"Lapse may not list {kind.Resource} in the whole cluster. It wants the rule {kind.WantedRule}.");
                return null;
            default:
                return pages.Failure;
        }
    }

    private Task<ClusterResult<IReadOnlyList<V1APIGroup>>> GroupsAsync(CancellationToken cancellationToken) => PatientlyAsync(
        async () =>
        {
            using var answer = await _client.Apis.GetAPIVersionsWithHttpMessagesAsync(cancellationToken: cancellationToken);
            return (IReadOnlyList<V1APIGroup>)[.. ClusterCalls.Required(answer.Body?.Kind == "APIGroupList" ? answer.Body.Groups : null)];
        },
        cancellationToken);

    // For names and completion only: a group whose own server is down is left out, and no check depends on it.
    private async Task<ClusterResult<ImmutableArray<ServedResource>>> ServedAsync(Collected read, IReadOnlyList<V1APIGroup>? groups, CancellationToken cancellationToken)
    {
        if (groups is null)
        {
            read.Note(RbacKind.ServedPart, "The cluster does not say what it serves. Every account may ask that by the ClusterRole system:discovery, unless somebody took it away.");
            return ImmutableArray<ServedResource>.Empty;
        }
        var core = await PatientlyAsync(async () => From("", (await _client.CoreV1.GetAPIResourcesAsync(cancellationToken: cancellationToken))?.Resources), cancellationToken);
        if (core.Failure is { Kind: not ClusterFailureKind.Forbidden } away) return away;
        var found = new Dictionary<(string, string), ServedResource>();
        foreach (var one in core.Succeeded ? core.Value : []) found[(one.ApiGroup, one.Resource)] = one;
        foreach (var (group, version) in groups.SelectMany(group => Versions(group).Select(version => (group.Name, version))).Take(MostVersions))
        {
            var answer = await ClusterCalls.RunAsync(async () => From(group, (await _client.CustomObjects.GetAPIResourcesAsync(Segment(group), Segment(version), cancellationToken: cancellationToken))?.Resources), cancellationToken);
            if (!answer.Succeeded) continue;
            // The preferred version comes first and counts.
            foreach (var one in answer.Value) found.TryAdd((one.ApiGroup, one.Resource), one);
            read.Serves(group, version, answer.Value.Select(one => one.Resource));
        }
        return (ImmutableArray<ServedResource>)[.. found.Values.OrderBy(one => one.ApiGroup, StringComparer.Ordinal).ThenBy(one => one.Resource, StringComparer.Ordinal)];
    }

    private const int MostVersions = 500;

    private static IEnumerable<string> Versions(V1APIGroup group) =>
        new[] { group.PreferredVersion?.Version }.Concat(group.Versions?.Select(version => version.Version) ?? []).OfType<string>().Distinct(StringComparer.Ordinal);

    private static List<ServedResource> From(string group, IList<V1APIResource>? resources) =>
        [.. ClusterCalls.Required(resources).Where(one => one.Name is { Length: > 0 }).Select(one => new ServedResource(group, one.Name, one.Kind ?? "", one.Namespaced, [.. (one.Verbs ?? []).Order(StringComparer.Ordinal)]))];

    /// <summary>What one reading has so far.</summary>
    private sealed class Collected(RbacReadingAsk ask, HashSet<string>? groups)
    {
        private readonly List<RbacObject> _objects = [];
        private readonly HashSet<string> _unread = new(StringComparer.Ordinal);
        private readonly List<Gap> _gaps = [];
        private readonly HashSet<(string, string, string, bool?, bool)> _ofOwners = [];
        private readonly Dictionary<(string Group, string Resource), string> _versions = [];

        public RbacReadingAsk Ask => ask;

        public void Add(IEnumerable<RbacObject> objects) => _objects.AddRange(objects);

        public void Note(string part, string why) => _gaps.Add(new(part, why));

        public void Leave(RbacKind kind, string why)
        {
            _unread.Add(kind.Kind);
            Note(kind.Part, why);
        }

        public void Serves(string group, string version, IEnumerable<string> resources)
        {
            // v1 where there is one: whatever the server prefers, that is what is understood here.
            foreach (var resource in resources)
                if (version == "v1" || !_versions.ContainsKey((group, resource))) _versions[(group, resource)] = version;
        }

        // Older servers have CronJobs, which are the same, in a version before v1.
        public string VersionOf(RbacKind kind) => _versions.GetValueOrDefault((kind.ApiGroup, kind.Resource), "v1");

        public bool IsServed(RbacKind kind)
        {
            if (kind.ApiGroup.Length == 0 || groups is null || groups.Contains(kind.ApiGroup)) return true;
            Leave(kind, $"The cluster does not serve the API group {kind.ApiGroup}, so there are no {kind.Resource} to read.");
            return false;
        }

        // A controller that could not be read does not stand for what it makes.
        public bool IsMadeByRead(V1ObjectMeta metadata) =>
            RbacMapping.OwnerOf(metadata) is { Kind: "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "CronJob" or "Job" } owner && !_unread.Contains(owner.Kind);

        // What makes them is none of the kinds that are read, so the first of those that are alike stands for all; pages come in the order of names.
        public WorkloadObject? FirstOfItsOwner(WorkloadObject pod) =>
            pod.Owner.Length == 0 || pod.Owner.StartsWith("Node ", StringComparison.Ordinal) || _ofOwners.Add((pod.Namespace, pod.Owner, pod.ServiceAccount, pod.AutomountsToken, pod.ReachesItsNode)) ? pod : null;

        public RbacReading ToReading(ImmutableArray<ServedResource>? served) => new(_objects, _unread, _gaps, served);
    }
}

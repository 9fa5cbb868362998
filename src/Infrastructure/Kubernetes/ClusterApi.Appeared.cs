using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    // Names, UIDs and times only: the API server leaves the content out (Kubernetes 1.15 and later), so no Secret's data ever reaches Lapse.
    private static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> MetadataOnly = new Dictionary<string, IReadOnlyList<string>>
    {
        ["Accept"] = ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"],
    };

    /// <summary>Every binding in a place, whatever it wears, that appeared in a time; as full objects, since only their content shows whose they are.</summary>
    /// <param name="namespaceName">The namespace; <see langword="null"/> for the whole cluster, with its ClusterRoleBindings.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Task<ClusterResult<BindingList>> ListBindingsInAsync(string? namespaceName, CancellationToken cancellationToken) => namespaceName is null
        ? ListAllBindingsAsync(cancellationToken)
        : ListAsync([token => ListPlaceAsync(namespaceName, token, cancellationToken)], cancellationToken);

    /// <summary>ServiceAccounts in a place by name, UID and time.</summary>
    public Task<ClusterResult<IReadOnlyList<AppearedObject>>> ListServiceAccountsAsync(string? namespaceName, CancellationToken cancellationToken) => ListMetadataAsync(
        "ServiceAccount",
        async next => namespaceName is null
            ? From((await _client.CoreV1.ListServiceAccountForAllNamespacesWithHttpMessagesAsync(continueParameter: next, limit: PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken)).Body)
            : From((await _client.CoreV1.ListNamespacedServiceAccountWithHttpMessagesAsync(Segment(namespaceName), continueParameter: next, limit: PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken)).Body),
        cancellationToken);

    /// <summary>Certificate requests by name, UID and time. They live outside namespaces.</summary>
    public Task<ClusterResult<IReadOnlyList<AppearedObject>>> ListCertificateRequestsAsync(CancellationToken cancellationToken) => ListMetadataAsync(
        "CertificateSigningRequest",
        // The client's own type wants the content, which is left out.
        async next => From((await _client.CustomObjects.ListClusterCustomObjectWithHttpMessagesAsync<NamesOnly>("certificates.k8s.io", "v1", "certificatesigningrequests", continueParameter: next, limit: PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken)).Body),
        cancellationToken);

    /// <summary>
    /// Secrets that hold a ServiceAccount's token, by name, UID and time; <see langword="null"/> where Lapse may not list Secrets, which is
    /// how it should be: that right lets one read them. It is asked for first, so that no audit log has a refused list of Secrets by Lapse.
    /// </summary>
    public async Task<ClusterResult<AppearedObject[]?>> ListTokenSecretsAsync(string? namespaceName, CancellationToken cancellationToken)
    {
        var may = await CanIAsync(AccessQuestion.For("list", "", "secrets", namespaceName: namespaceName ?? ""), cancellationToken);
        if (may.Failure is { } failure) return failure;
        if (!may.Value) return (AppearedObject[]?)null;
        const string Tokens = "type=kubernetes.io/service-account-token";
        var listed = await ListMetadataAsync(
            "Secret",
            async next => namespaceName is null
                ? From((await _client.CoreV1.ListSecretForAllNamespacesWithHttpMessagesAsync(continueParameter: next, fieldSelector: Tokens, limit: PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken)).Body)
                : From((await _client.CoreV1.ListNamespacedSecretWithHttpMessagesAsync(Segment(namespaceName), continueParameter: next, fieldSelector: Tokens, limit: PageSize, customHeaders: MetadataOnly, cancellationToken: cancellationToken)).Body),
            cancellationToken);
        return listed.Failure is { } refused ? refused : listed.Value.ToArray();
    }

    private async Task<ClusterResult<IReadOnlyList<AppearedObject>>> ListMetadataAsync(string kind, Func<string?, Task<(IReadOnlyList<V1ObjectMeta> Page, string? Next)>> list, CancellationToken cancellationToken)
    {
        var pages = await ListPagesAsync(list, ShortWait, cancellationToken);
        if (pages.Failure is { } failure) return failure;
        return (AppearedObject[])[.. pages.Value.SelectMany(page => page).Select(one => new AppearedObject(kind, one.NamespaceProperty, one.Name, one.Uid, new DateTimeOffset(DateTime.SpecifyKind(one.CreationTimestamp ?? DateTime.UnixEpoch, DateTimeKind.Utc))))];
    }

    private static (IReadOnlyList<V1ObjectMeta> Page, string? Next) From<TItem>(IItems<TItem>? list) where TItem : IMetadata<V1ObjectMeta> =>
        // Whoever does not leave the content out is not asked so.
        list is not IKubernetesObject { Kind: "PartialObjectMetadataList" } ? throw new FormatException("The API server does not list names alone.") :
        // A list of names without any has no list in it.
        ([.. (list.Items ?? []).Select(item => ClusterCalls.Required(item.Metadata))], (list as IMetadata<V1ListMeta>)?.Metadata?.ContinueProperty);

    private async Task<(Page Page, string? Next)> ListPlaceAsync(string place, string? next, CancellationToken cancellationToken)
    {
        using var answer = await _client.RbacAuthorizationV1.ListNamespacedRoleBindingWithHttpMessagesAsync(Segment(place), continueParameter: next, limit: PageSize, cancellationToken: cancellationToken);
        return ToPage(answer.Body?.Kind, V1RoleBindingList.KubeKind, answer.Body?.Items?.Select(BindingMapping.From), answer.Body?.Metadata, answer.Response);
    }

    private sealed class NamesOnly : IKubernetesObject<V1ListMeta>, IItems<V1ServiceAccount>
    {
        [JsonPropertyName("apiVersion")]
        public string ApiVersion { get; set; } = "";

        [JsonPropertyName("kind")]
        public string Kind { get; set; } = "";

        [JsonPropertyName("metadata")]
        public V1ListMeta Metadata { get; set; } = new();

        // Any kind without content that must be there.
        [JsonPropertyName("items")]
        public IList<V1ServiceAccount> Items { get; set; } = [];
    }
}

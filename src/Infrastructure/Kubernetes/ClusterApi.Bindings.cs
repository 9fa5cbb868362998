using k8s;
using k8s.Models;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    private const int PageSize = 500;
    private const int ListAttempts = 3;

    /// <summary>Creates a grant's binding.</summary>
    /// <param name="spec">What to create.</param>
    /// <param name="signature">Its signature (<see cref="BindingSignature"/>).</param>
    /// <param name="cancellationToken">The caller's; cancelled after sending, the binding may still be created.</param>
    public Task<CreateBindingResult> CreateBindingAsync(BindingSpec spec, string signature, CancellationToken cancellationToken) => CreateAsync(spec.ToObject(signature), null, cancellationToken);

    private async Task<CreateBindingResult> CreateAsync(BindingObject wanted, string? dryRun, CancellationToken cancellationToken)
    {
        var answer = await ClusterCalls.RunAsync(
            async () => wanted.Namespace is { } place
                ? (await _client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(BindingMapping.ToRoleBinding(wanted), Segment(place), dryRun: dryRun, cancellationToken: cancellationToken))?.Metadata
                : (await _client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(BindingMapping.ToClusterRoleBinding(wanted), dryRun: dryRun, cancellationToken: cancellationToken))?.Metadata,
            cancellationToken);
        if (answer.Failure is not { } failure)
            return answer.Value is { Uid: { Length: > 0 } uid, CreationTimestamp: { } created }
                ? new CreateBindingResult.Created(uid, new DateTimeOffset(DateTime.SpecifyKind(created, DateTimeKind.Utc)))
                : new CreateBindingResult.Unknown(new(ClusterFailureKind.Unreachable, "The answer is not one of an API server."));

        return failure.Kind switch
        {
            ClusterFailureKind.AlreadyExists => new CreateBindingResult.AlreadyExists(),
            ClusterFailureKind.NamespaceGone => new CreateBindingResult.NamespaceGone(),
            ClusterFailureKind.NotFound => new CreateBindingResult.RoleGone(),
            // Lapse's own right to bind is kept in the namespace: it goes first when the namespace goes.
            ClusterFailureKind.Forbidden when wanted.Namespace is { } place && await HasNamespaceAsync(place, cancellationToken) is { Succeeded: true, Value: false } =>
                new CreateBindingResult.NamespaceGone(),
            ClusterFailureKind.Forbidden => new CreateBindingResult.Forbidden(failure.Message),
            ClusterFailureKind.Invalid => new CreateBindingResult.Invalid(failure.Message),
            ClusterFailureKind.Unreachable or ClusterFailureKind.NotTrusted or ClusterFailureKind.AddressRefused or ClusterFailureKind.CredentialRefused
                or ClusterFailureKind.Conflict or ClusterFailureKind.Busy => new CreateBindingResult.Unknown(failure),
        };
    }

    /// <summary>Looks for a binding by name; the one way to say that it is gone.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="namespaceName">Its namespace; <see langword="null"/> for a ClusterRoleBinding.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<GetBindingResult> GetBindingAsync(string name, string? namespaceName, CancellationToken cancellationToken)
    {
        var answer = await ClusterCalls.RunAsync(
            async () => namespaceName is not null
                ? BindingMapping.From(await _client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync(Segment(name), Segment(namespaceName), cancellationToken: cancellationToken))
                : BindingMapping.From(await _client.RbacAuthorizationV1.ReadClusterRoleBindingAsync(Segment(name), cancellationToken: cancellationToken)),
            cancellationToken);
        return answer.Failure switch
        {
            null => answer.Value.Name == name
                ? new GetBindingResult.Found(answer.Value)
                : new GetBindingResult.Unknown(new(ClusterFailureKind.Unreachable, "The answer is not one of an API server.")),
            { Kind: ClusterFailureKind.NotFound or ClusterFailureKind.NamespaceGone } => new GetBindingResult.NotFound(),
            var failure => new GetBindingResult.Unknown(failure),
        };
    }

    /// <summary>Deletes one binding, and none that took its name since.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="namespaceName">Its namespace; <see langword="null"/> for a ClusterRoleBinding.</param>
    /// <param name="uid">The UID of the object that is meant.</param>
    /// <param name="cancellationToken">The caller's; cancelled after sending, the binding may still be deleted.</param>
    public Task<DeleteBindingResult> DeleteBindingAsync(string name, string? namespaceName, string uid, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(uid);
        return DeleteAsync(name, namespaceName, new() { GracePeriodSeconds = 0, Preconditions = new() { Uid = uid } }, cancellationToken);
    }

    private async Task<DeleteBindingResult> DeleteAsync(string name, string? namespaceName, V1DeleteOptions options, CancellationToken cancellationToken)
    {
        var answer = await ClusterCalls.RunAsync(
            () => namespaceName is not null
                ? _client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(Segment(name), Segment(namespaceName), options, cancellationToken: cancellationToken)
                : _client.RbacAuthorizationV1.DeleteClusterRoleBindingAsync(Segment(name), options, cancellationToken: cancellationToken),
            cancellationToken);
        return answer.Failure switch
        {
            null => new DeleteBindingResult.Deleted(),
            { Kind: ClusterFailureKind.NotFound or ClusterFailureKind.NamespaceGone } => new DeleteBindingResult.NotFound(),
            { Kind: ClusterFailureKind.Conflict } => new DeleteBindingResult.UidConflict(),
            // Lapse's right to delete is kept in the namespace too; its right to look is not.
            { Kind: ClusterFailureKind.Forbidden } failure => await GetBindingAsync(name, namespaceName, cancellationToken) is GetBindingResult.NotFound
                ? new DeleteBindingResult.NotFound()
                : new DeleteBindingResult.Forbidden(failure.Message),
            var failure => new DeleteBindingResult.Unknown(failure),
        };
    }

    /// <summary>All bindings that wear the label of Lapse. A label can be taken off: absence from this list proves nothing.</summary>
    public Task<ClusterResult<BindingList>> ListBindingsAsync(BindingScope scope, CancellationToken cancellationToken)
    {
        List<Func<string?, Task<(Page Page, string? Next)>>> lists = [.. scope.Namespaces.Select(place => (Func<string?, Task<(Page Page, string? Next)>>)(token => ListNamespaceAsync(place, token, cancellationToken)))];
        if (scope.ClusterWide) lists.Add(token => ListClusterAsync(BindingKeys.Selector, token, cancellationToken));
        return ListAsync(lists, cancellationToken);
    }

    /// <summary>Every RoleBinding and ClusterRoleBinding, whatever it wears; for the reaper, which needs the right to list them all.</summary>
    public Task<ClusterResult<BindingList>> ListAllBindingsAsync(CancellationToken cancellationToken) =>
        ListAsync([token => ListEverywhereAsync(token, cancellationToken), token => ListClusterAsync(null, token, cancellationToken)], cancellationToken);

    private async Task<ClusterResult<BindingList>> ListAsync(IEnumerable<Func<string?, Task<(Page Page, string? Next)>>> lists, CancellationToken cancellationToken)
    {
        var bindings = new List<BindingObject>();
        DateTimeOffset? serverTime = null;
        foreach (var list in lists)
        {
            var pages = await ListPagesAsync(list, ShortWait, cancellationToken);
            if (pages.Failure is { } failure) return failure;
            bindings.AddRange(pages.Value.SelectMany(page => page.Bindings));
            var said = pages.Value.FindLast(page => page.Date is not null)?.Date;
            if (serverTime is null || said > serverTime) serverTime = said;
        }
        return new BindingList(bindings, serverTime);
    }

    private async Task<(Page Page, string? Next)> ListNamespaceAsync(string place, string? next, CancellationToken cancellationToken)
    {
        using var answer = await _client.RbacAuthorizationV1.ListNamespacedRoleBindingWithHttpMessagesAsync(
            Segment(place), continueParameter: next, labelSelector: BindingKeys.Selector, limit: PageSize, cancellationToken: cancellationToken);
        return ToPage(answer.Body?.Kind, V1RoleBindingList.KubeKind, answer.Body?.Items?.Select(BindingMapping.From), answer.Body?.Metadata, answer.Response);
    }

    private async Task<(Page Page, string? Next)> ListEverywhereAsync(string? next, CancellationToken cancellationToken)
    {
        using var answer = await _client.RbacAuthorizationV1.ListRoleBindingForAllNamespacesWithHttpMessagesAsync(
            continueParameter: next, limit: PageSize, cancellationToken: cancellationToken);
        return ToPage(answer.Body?.Kind, V1RoleBindingList.KubeKind, answer.Body?.Items?.Select(BindingMapping.From), answer.Body?.Metadata, answer.Response);
    }

    private async Task<(Page Page, string? Next)> ListClusterAsync(string? selector, string? next, CancellationToken cancellationToken)
    {
        using var answer = await _client.RbacAuthorizationV1.ListClusterRoleBindingWithHttpMessagesAsync(
            continueParameter: next, labelSelector: selector, limit: PageSize, cancellationToken: cancellationToken);
        return ToPage(answer.Body?.Kind, V1ClusterRoleBindingList.KubeKind, answer.Body?.Items?.Select(BindingMapping.From), answer.Body?.Metadata, answer.Response);
    }

    // An empty object is not an empty list: the reaper would find a cluster clean that it never saw.
    private static (Page Page, string? Next) ToPage(string? kind, string expected, IEnumerable<BindingObject>? bindings, V1ListMeta? metadata, HttpResponseMessage response) =>
        (new([.. ClusterCalls.Required(kind == expected ? bindings : null)], response.Headers.Date), metadata?.ContinueProperty);

    private sealed record Page(IReadOnlyList<BindingObject> Bindings, DateTimeOffset? Date);
}

using k8s;
using k8s.Models;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>By which names a cluster knows whoever asks.</summary>
/// <param name="UserName">The user name.</param>
/// <param name="Groups">The groups, those that the API server adds by itself among them.</param>
public sealed record ClusterIdentityNames(string UserName, IReadOnlyList<string> Groups);

public sealed partial class ClusterApi
{
    private const string DryRun = "All";

    /// <summary>Deletes a binding that is not one of Lapse's own, if it is still exactly the object that was seen: by UID and resource version.</summary>
    /// <param name="seen">The object as it was read a moment ago.</param>
    /// <param name="rehearse">Whether the API server only says what it would do, its admission policies among it; nothing is deleted then.</param>
    /// <param name="cancellationToken">The caller's; cancelled after sending, the binding may still be deleted.</param>
    public Task<DeleteBindingResult> DeleteStandingAsync(BindingObject seen, bool rehearse, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(seen.Uid);
        ArgumentException.ThrowIfNullOrEmpty(seen.ResourceVersion);
        var options = new V1DeleteOptions { Preconditions = new() { Uid = seen.Uid, ResourceVersion = seen.ResourceVersion }, DryRun = rehearse ? [DryRun] : null };
        return DeleteAsync(seen.Name, seen.Namespace, options, cancellationToken);
    }

    /// <summary>Makes a binding again that was removed.</summary>
    /// <param name="wanted">What it says.</param>
    /// <param name="cancellationToken">The caller's; cancelled after sending, the binding may still be created.</param>
    public Task<CreateBindingResult> CreateStandingAsync(BindingObject wanted, CancellationToken cancellationToken) => CreateAsync(wanted, null, cancellationToken);

    /// <summary>By which names the cluster knows Lapse; older servers do not say (before 1.28).</summary>
    public Task<ClusterResult<ClusterIdentityNames>> WhoAmIAsync(CancellationToken cancellationToken) => ClusterCalls.RunAsync(
        async () =>
        {
            var review = await _client.AuthenticationV1.CreateSelfSubjectReviewAsync(new V1SelfSubjectReview(), cancellationToken: cancellationToken);
            var user = ClusterCalls.Required(review?.Status?.UserInfo);
            return new ClusterIdentityNames(ClusterCalls.Required(user.Username), [.. user.Groups ?? []]);
        },
        cancellationToken);
}

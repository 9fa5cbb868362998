using k8s;
using k8s.Models;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>A new token of Lapse's own ServiceAccount.</summary>
/// <param name="Credential">The token, to be sealed and used from now on.</param>
/// <param name="ExpiresAt">When it expires; the API server may give less time than was asked for.</param>
public sealed record RenewedToken(ClusterCredential.Token Credential, DateTimeOffset ExpiresAt);

public sealed partial class ClusterApi
{
    /// <summary>
    /// Whether the API server takes a token for somebody's. A cluster that takes the portal's own id tokens must not be
    /// registered: the proofs that Lapse keeps would open it.
    /// </summary>
    /// <param name="token">The token; sent over a connection of its own, with no other credential.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <returns>
    /// <see langword="false"/> only if the server refused it with 401. Whoever is known may always review their own rights,
    /// or gets a 403, which also says that they are known.
    /// </returns>
    public async Task<ClusterResult<bool>> AcceptsTokenAsync(string token, CancellationToken cancellationToken)
    {
        using var client = _connection.OpenWithToken(token);
        var review = new V1SelfSubjectAccessReview { Spec = new() { ResourceAttributes = new() { Verb = "get", Resource = "namespaces" } } };
        var answer = await ClusterCalls.RunAsync(() => client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review, cancellationToken: cancellationToken), cancellationToken);
        return answer.Failure switch
        {
            null => true,
            { Kind: ClusterFailureKind.Forbidden } => true,
            { Kind: ClusterFailureKind.CredentialRefused } => false,
            var failure => failure,
        };
    }

    /// <summary>The ServiceAccount's token by which Lapse proves itself; <see langword="null"/> if it does so by something else.</summary>
    public ServiceAccountToken? OwnToken => _connection.Address.Credential is ClusterCredential.Token token ? ServiceAccountToken.Read(token.Value) : null;

    /// <summary>Asks for a new token for the ServiceAccount that the present one belongs to (TokenRequest).</summary>
    /// <param name="lifetime">How long it should live; the API server wants at least ten minutes.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<ClusterResult<RenewedToken>> RenewTokenAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (OwnToken is not { } account)
            return new ClusterFailure(ClusterFailureKind.Invalid, "Only a ServiceAccount's token can be renewed.");

        var answer = await ClusterCalls.RunAsync(
            () => _client.CoreV1.CreateNamespacedServiceAccountTokenAsync(
                new Authenticationv1TokenRequest { Spec = new() { Audiences = [], ExpirationSeconds = (long)lifetime.TotalSeconds } },
                Segment(account.Name),
                Segment(account.Namespace),
                cancellationToken: cancellationToken),
            cancellationToken);
        if (answer.Failure is { } failure) return failure;
        return answer.Value.Status is { Token: { Length: > 0 } token, ExpirationTimestamp: { } expires }
            ? new RenewedToken(new(token), new DateTimeOffset(DateTime.SpecifyKind(expires, DateTimeKind.Utc)))
            : new ClusterFailure(ClusterFailureKind.Unreachable, "The answer is not one of an API server.");
    }
}

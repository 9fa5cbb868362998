using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

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

    /// <summary>
    /// The names by which the cluster knows Lapse: user name and groups. Servers before 1.28 do not say it; then it is what the credential
    /// itself says, as an API server reads it.
    /// </summary>
    public async Task<IReadOnlyList<string>> OwnNamesAsync(CancellationToken cancellationToken)
    {
        var review = await ClusterCalls.RunAsync(() => _client.AuthenticationV1.CreateSelfSubjectReviewAsync(new V1SelfSubjectReview(), cancellationToken: cancellationToken), cancellationToken);
        if (review is { Succeeded: true, Value.Status.UserInfo: { Username.Length: > 0 } user }) return [user.Username, .. (user.Groups ?? []).Where(group => group != Requester.Authenticated)];
        if (OwnToken is { } token) return [$"system:serviceaccount:{token.Namespace}:{token.Name}"];
        return _connection.Address.Credential is ClusterCredential.ClientCertificate certificate ? NamesIn(certificate.CertificatePem) : [];
    }

    // The common name is the user, each organization a group (k8s.io/apiserver, pkg/authentication/request/x509).
    private static List<string> NamesIn(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        return [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames().Where(name => !name.HasMultipleElements && name.GetSingleElementType().Value is ("2.5.4.3" or "2.5.4.10")).Select(name => name.GetSingleElementValue()).OfType<string>()];
    }
}

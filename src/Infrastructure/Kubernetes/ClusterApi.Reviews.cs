using k8s;
using k8s.Models;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>The API server's answer to whether somebody may do something.</summary>
/// <param name="Allowed">Whether they may.</param>
/// <param name="Reason">Names the binding that allows it, such as <c>RBAC: allowed by RoleBinding "…"</c>; often empty when not allowed.</param>
/// <param name="Error">What the authorizers could not read on the way; empty if nothing.</param>
public sealed record AccessAnswer(bool Allowed, string Reason, string Error);

/// <summary>What several fresh connections said about a probe.</summary>
public abstract record ProbeResult
{
    private ProbeResult() { }

    /// <summary>Every connection: allowed. The binding works.</summary>
    public sealed record AllAllowed(IReadOnlyList<AccessAnswer> Answers) : ProbeResult;

    /// <summary>Every connection: not allowed. The binding works nowhere.</summary>
    public sealed record AllDenied(IReadOnlyList<AccessAnswer> Answers) : ProbeResult;

    /// <summary>They do not agree: some server has not heard of the change yet.</summary>
    public sealed record Mixed(IReadOnlyList<AccessAnswer> Answers) : ProbeResult;

    /// <summary>At least one connection got no answer, so nothing is proved.</summary>
    public sealed record Unknown(ClusterFailure Failure) : ProbeResult;
}

public sealed partial class ClusterApi
{
    /// <summary>
    /// Asks over fresh connections whether a probe may do something: behind a load balancer each may reach another API
    /// server, and each of those learns of a binding in its own time.
    /// </summary>
    /// <param name="probe">The probe's user name; asked about without any group.</param>
    /// <param name="question">One thing that the role allows (<see cref="ProbeQuestion"/>), with the binding's namespace.</param>
    /// <param name="connections">How many connections, at least one.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<ProbeResult> ProbeAsync(string probe, AccessQuestion question, int connections, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(connections, 1);
        var results = await _probes.AskAsync(probe, question, connections, cancellationToken);
        if (results.FirstOrDefault(result => !result.Succeeded) is { } failed) return new ProbeResult.Unknown(failed.Failure!);

        AccessAnswer[] answers = [.. results.Select(result => result.Value)];
        if (Array.TrueForAll(answers, answer => answer.Allowed)) return new ProbeResult.AllAllowed(answers);
        return Array.Exists(answers, answer => answer.Allowed) ? new ProbeResult.Mixed(answers) : new ProbeResult.AllDenied(answers);
    }

    /// <summary>Whether a person may do something, by whatever they hold. For information only: "already had this by …".</summary>
    /// <param name="user">The user name in this cluster.</param>
    /// <param name="groups">The groups as this cluster sees them; <c>system:authenticated</c> is added.</param>
    /// <param name="question">What.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Task<ClusterResult<AccessAnswer>> ReviewPersonAsync(string user, IEnumerable<string> groups, AccessQuestion question, CancellationToken cancellationToken) =>
        ReviewAsync(_client, user, [.. groups, "system:authenticated"], question, cancellationToken);

    /// <summary>Whether Lapse itself may do something.</summary>
    public Task<ClusterResult<bool>> CanIAsync(AccessQuestion question, CancellationToken cancellationToken) => ClusterCalls.RunAsync(
        async () =>
        {
            var review = new V1SelfSubjectAccessReview { Spec = new() { ResourceAttributes = ToResource(question), NonResourceAttributes = ToUrl(question) } };
            return ClusterCalls.Required((await _client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review, cancellationToken: cancellationToken))?.Status).Allowed;
        },
        cancellationToken);

    private static Task<ClusterResult<AccessAnswer>> ReviewAsync(
        IKubernetes client, string user, List<string> groups, AccessQuestion question, CancellationToken cancellationToken) => ClusterCalls.RunAsync(
        async () =>
        {
            var review = new V1SubjectAccessReview
            {
                Spec = new()
                {
                    User = user,
                    Groups = groups.Count == 0 ? null : groups,
                    ResourceAttributes = ToResource(question),
                    NonResourceAttributes = ToUrl(question),
                },
            };
            var status = ClusterCalls.Required((await client.AuthorizationV1.CreateSubjectAccessReviewAsync(review, cancellationToken: cancellationToken))?.Status);
            return new AccessAnswer(status.Allowed && status.Denied != true, status.Reason ?? "", status.EvaluationError ?? "");
        },
        cancellationToken);

    private static V1ResourceAttributes? ToResource(AccessQuestion question) => !question.IsResource ? null : new()
    {
        Verb = question.Verb,
        Group = question.ApiGroup,
        Resource = question.Resource,
        Subresource = question.Subresource,
        Name = question.Name,
        NamespaceProperty = question.Namespace,
    };

    private static V1NonResourceAttributes? ToUrl(AccessQuestion question) =>
        question.NonResourceUrl is { } path ? new() { Path = path, Verb = question.Verb } : null;
}

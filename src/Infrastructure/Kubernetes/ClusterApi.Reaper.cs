using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Lapse.Domain.Catalogue;

namespace Lapse.Infrastructure.Kubernetes;

public sealed partial class ClusterApi
{
    /// <summary>The sign that the cluster's reaper left last; <see langword="null"/> inside the sight if there is none, or Lapse may not see it.</summary>
    public async Task<ClusterResult<ReaperSight>> ReadReaperAsync(CancellationToken cancellationToken)
    {
        var answer = await ClusterCalls.RunAsync(
            async () =>
            {
                using var read = await _client.CoordinationV1.ReadNamespacedLeaseWithHttpMessagesAsync(ReaperSign.Name, ReaperSign.Namespace, cancellationToken: cancellationToken);
                return new ReaperSight(ToSign(ClusterCalls.Required(read.Body)), read.Response.Headers.Date);
            },
            cancellationToken);
        return answer.Failure is { Kind: ClusterFailureKind.NotFound or ClusterFailureKind.NamespaceGone or ClusterFailureKind.Forbidden } ? new ReaperSight(null, null) : answer;
    }

    /// <summary>Leaves the reaper's sign. The object is there already, since no right to create can be for one name only.</summary>
    /// <param name="clean">Whether the run left nothing.</param>
    /// <param name="words">What it says.</param>
    /// <param name="serverTime">The API server's time at which the whole cluster was seen; <see langword="null"/> if it was not.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async Task<ClusterFailure?> LeaveReaperSignAsync(bool clean, string words, DateTimeOffset? serverTime, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["annotations"] = new JsonObject
                {
                    [ReaperSign.OutcomeAnnotation] = clean ? ReaperSign.CleanOutcome : ReaperSign.FailedOutcome,
                    [ReaperSign.WordsAnnotation] = words,
                },
            },
        };
        if (serverTime is { } now)
            patch["spec"] = new JsonObject { ["holderIdentity"] = "lapse reap", ["renewTime"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture) };
        var answer = await ClusterCalls.RunAsync(
            () => _client.CoordinationV1.PatchNamespacedLeaseAsync(new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), ReaperSign.Name, ReaperSign.Namespace, cancellationToken: cancellationToken),
            cancellationToken);
        return answer.Failure;
    }

    private static ReaperSign ToSign(V1Lease lease)
    {
        var metadata = ClusterCalls.Required(lease.Metadata);
        var annotations = metadata.Annotations ?? new Dictionary<string, string>();
        var installed = Utc(metadata.CreationTimestamp ?? throw new FormatException("The answer is not one of an API server."));
        var outcome = annotations.TryGetValue(ReaperSign.OutcomeAnnotation, out var said) ? said : null;
        var words = annotations.TryGetValue(ReaperSign.WordsAnnotation, out var text) ? text : "";
        // One that has never run has failed at nothing yet.
        return new(installed, lease.Spec?.RenewTime is { } ran ? Utc(ran) : null, outcome is null or ReaperSign.CleanOutcome, words);
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}

/// <summary>What Lapse sees of a cluster's reaper.</summary>
/// <param name="Sign">Its sign; <see langword="null"/> if there is none.</param>
/// <param name="ServerTime">The API server's time; <see langword="null"/> if it sent none.</param>
public sealed record ReaperSight(ReaperSign? Sign, DateTimeOffset? ServerTime);

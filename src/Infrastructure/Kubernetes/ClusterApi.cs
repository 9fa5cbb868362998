using k8s;
using k8s.Models;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What an API server says about itself.</summary>
/// <param name="Version">Its version, such as <c>v1.34.1</c>.</param>
/// <param name="Major">Major version.</param>
/// <param name="Minor">Minor version; some managed servers append a plus sign, which is cut.</param>
/// <param name="ServerTime">Its <c>Date</c> header, whole seconds; <see langword="null"/> if it sends none.</param>
/// <param name="Skew">How far its clock is ahead of this machine's; accurate to about a second.</param>
public sealed record ClusterServerInfo(string Version, int Major, int Minor, DateTimeOffset? ServerTime, TimeSpan? Skew);

/// <summary>
/// Everything that Lapse asks of one API server. Outcomes are returned; only the caller's own cancellation throws.
/// Safe for use by several at once; one instance for each cluster, made anew when its address or credential changes.
/// </summary>
public sealed partial class ClusterApi : IDisposable
{
    private readonly ClusterConnection _connection;
    private readonly TimeProvider _time;
    private readonly IKubernetes _client;
    private readonly ProbeRounds _probes;

    /// <summary>Prepares the calls; connects with the first.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="time">The clock for delays between attempts of a watch and for the skew.</param>
    public ClusterApi(ClusterConnection connection, TimeProvider time)
    {
        (_connection, _time) = (connection, time);
        _client = connection.Open();
        _probes = new(connection, (client, probe, question) => ReviewAsync(client, probe, [], question, CancellationToken.None));
    }

    /// <summary>Asks for the version, and looks at the clock.</summary>
    public Task<ClusterResult<ClusterServerInfo>> ServerInfoAsync(CancellationToken cancellationToken) => ClusterCalls.RunAsync(
        async () =>
        {
            var before = _time.GetUtcNow();
            using var answer = await _client.Version.GetCodeWithHttpMessagesAsync(cancellationToken: cancellationToken);
            var middle = before + (_time.GetUtcNow() - before) / 2;
            var date = answer.Response.Headers.Date;
            var version = ClusterCalls.Required(answer.Body);
            return new ClusterServerInfo(ClusterCalls.Required(version.GitVersion), Number(version.Major), Number(version.Minor), date, date - middle);
        },
        cancellationToken);

    /// <summary>The rules of a role as the API server has them now; <see cref="ClusterFailureKind.NotFound"/> if there is none.</summary>
    /// <param name="kind">Role or ClusterRole.</param>
    /// <param name="name">Its name.</param>
    /// <param name="namespaceName">The namespace of a Role; ignored for a ClusterRole.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Task<ClusterResult<RoleRules>> ReadRoleAsync(RoleKind kind, string name, string? namespaceName, CancellationToken cancellationToken) => ClusterCalls.RunAsync(
        async () =>
        {
            if (kind == RoleKind.ClusterRole)
            {
                var clusterRole = await _client.RbacAuthorizationV1.ReadClusterRoleAsync(Segment(name), cancellationToken: cancellationToken);
                return ToRules(clusterRole?.Metadata, name, clusterRole?.Rules);
            }
            ArgumentNullException.ThrowIfNull(namespaceName);
            var role = await _client.RbacAuthorizationV1.ReadNamespacedRoleAsync(Segment(name), Segment(namespaceName), cancellationToken: cancellationToken);
            return ToRules(role?.Metadata, name, role?.Rules);
        },
        cancellationToken);

    /// <summary>Whether a namespace is there and not about to go.</summary>
    public async Task<ClusterResult<bool>> HasNamespaceAsync(string namespaceName, CancellationToken cancellationToken)
    {
        var answer = await ClusterCalls.RunAsync(() => _client.CoreV1.ReadNamespaceAsync(Segment(namespaceName), cancellationToken: cancellationToken), cancellationToken);
        if (answer.Succeeded)
            return answer.Value?.Metadata?.Name == namespaceName ? answer.Value.Metadata.DeletionTimestamp is null : new ClusterFailure(ClusterFailureKind.Unreachable, "The answer is not one of an API server.");
        return answer.Failure!.Kind is ClusterFailureKind.NotFound or ClusterFailureKind.NamespaceGone ? false : answer.Failure;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    // No rules at all are rules too; only the name tells them from an answer that is none.
    private static RoleRules ToRules(V1ObjectMeta? metadata, string name, IList<V1PolicyRule>? rules) =>
        ClusterCalls.Required(metadata).Name == name ? RoleRules.From(RuleMapping.From(rules)) : throw new FormatException("The answer is about another role.");

    // The client library puts names into the path as they are, and RBAC allows '?' and '#' in a role's name.
    private static string Segment(string name) => name is "" or "." or ".."
        ? throw new ArgumentException($"“{name}” is not a name that an object can have.", nameof(name))
        : Uri.EscapeDataString(name);

    private static int Number(string? text) => int.TryParse(text?.TrimEnd('+'), out var number) ? number : 0;
}

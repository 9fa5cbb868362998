using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Turns what can go wrong in a call to an API server into a <see cref="ClusterFailure"/>.</summary>
internal static class ClusterCalls
{
    private const int LongestMessage = 600;

    /// <summary>Makes a call. Only the caller's own cancellation and defects of Lapse come out as exceptions.</summary>
    public static async Task<ClusterResult<T>> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && Read(exception) is { } failure)
        {
            return failure;
        }
    }

    /// <summary>Part of an answer that an API server never leaves out: without it, the answer came from something else.</summary>
    /// <exception cref="FormatException">It is not there.</exception>
    public static T Required<T>(T? part) where T : class => part ?? throw new FormatException("The answer is not one of an API server.");

    /// <summary>What an exception says; <see langword="null"/> for one that no API server causes.</summary>
    public static ClusterFailure? Read(Exception exception)
    {
        if (OutboundRefusedException.In(exception) is { } refused) return new(ClusterFailureKind.AddressRefused, refused.Message);
        return exception switch
        {
            HttpOperationException answered => ReadAnswer(answered.Response.StatusCode, answered.Response.Content) with { RetryAfter = ReadRetryAfter(answered.Response.Headers) },
            KubernetesException watch => ReadStatus((HttpStatusCode)(watch.Status.Code ?? 500), watch.Status),
            HttpRequestException { InnerException: AuthenticationException } tls => new(ClusterFailureKind.NotTrusted, Short(tls.InnerException!.Message)),
            HttpRequestException or SocketException or IOException => new(ClusterFailureKind.Unreachable, Short(exception.Message)),
            OperationCanceledException or TimeoutException => new(ClusterFailureKind.Unreachable, "No answer in time."),
            FormatException => new(ClusterFailureKind.Unreachable, Short(exception.Message)),
            JsonException => new(ClusterFailureKind.Unreachable, "The answer is not one of an API server."),
            _ => null,
        };
    }

    private static ClusterFailure ReadAnswer(HttpStatusCode code, string? body)
    {
        V1Status? status = null;
        try
        {
            if (!string.IsNullOrEmpty(body)) status = KubernetesJson.Deserialize<V1Status>(body);
        }
        catch (JsonException)
        {
            // A proxy or load balancer in between; its status code has to do.
        }
        return ReadStatus(code, status);
    }

    private static TimeSpan? ReadRetryAfter(IDictionary<string, IEnumerable<string>>? headers)
    {
        var text = headers?.Where(header => header.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).SelectMany(header => header.Value).FirstOrDefault();
        // API servers say seconds; a date of some proxy is left aside.
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static ClusterFailure ReadStatus(HttpStatusCode code, V1Status? status)
    {
        var message = Short(status?.Message is { Length: > 0 } text ? text : $"The server answered {(int)code}.");
        var kind = (int)code switch
        {
            401 => ClusterFailureKind.CredentialRefused,
            403 when IsTerminating(status) => ClusterFailureKind.NamespaceGone,
            403 => ClusterFailureKind.Forbidden,
            404 when status?.Details?.Kind == "namespaces" => ClusterFailureKind.NamespaceGone,
            // Only an API server that knows the kind and names the object says that it is gone: neither the 404 of a proxy
            // nor that of a wrong path may make a binding look gone.
            404 => status is { Status: "Failure", Reason: "NotFound", Details.Name.Length: > 0 } ? ClusterFailureKind.NotFound : ClusterFailureKind.Unreachable,
            409 => status?.Reason == "AlreadyExists" ? ClusterFailureKind.AlreadyExists : ClusterFailureKind.Conflict,
            410 => ClusterFailureKind.Conflict,
            400 or 422 => ClusterFailureKind.Invalid,
            408 or 429 or >= 500 => ClusterFailureKind.Busy,
            _ => ClusterFailureKind.Unreachable,
        };
        return new(kind, message);
    }

    private static bool IsTerminating(V1Status? status) =>
        status?.Details?.Causes?.Any(cause => cause.Reason == "NamespaceTerminating") == true;

    // The API server lists every rule that is not covered, a line each; the first line says what people need.
    private static string Short(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        if (end > 0) message = message[..end];
        return message.Length <= LongestMessage ? message : string.Concat(message.AsSpan(0, LongestMessage), "…");
    }
}

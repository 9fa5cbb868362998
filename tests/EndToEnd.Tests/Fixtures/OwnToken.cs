using System.Net;
using k8s;
using k8s.Autorest;
using Lapse.Sandbox;
using Xunit;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>What kubectl does with a person's own token: their name and groups, nothing of Lapse's.</summary>
internal static class OwnToken
{
    /// <summary>Whether the person may delete in a namespace.</summary>
    public static Task<bool> MayDeleteAsync(this LapseFixture lapse, SandboxPerson person, string place = "payments-prod") =>
        lapse.MayAsync(person, (cluster, cancellation) => cluster.CoreV1.DeleteNamespacedConfigMapAsync("no-such-config-map", place, cancellationToken: cancellation));

    /// <summary>Whether the person may do what only a cluster's administrator may.</summary>
    public static Task<bool> MayAdministerAsync(this LapseFixture lapse, SandboxPerson person) =>
        lapse.MayAsync(person, (cluster, cancellation) => cluster.CoreV1.DeleteNamespaceAsync("no-such-namespace", cancellationToken: cancellation));

    // Whoever may is told that it is not there; whoever may not is told that.
    private static async Task<bool> MayAsync(this LapseFixture lapse, SandboxPerson person, Func<Kubernetes, CancellationToken, Task> tryIt)
    {
        using var cluster = lapse.Cluster.CreateClient(await lapse.ClusterTokenAsync(person));
        try
        {
            await tryIt(cluster, TestContext.Current.CancellationToken);
            throw new InvalidOperationException("Something that is not there was deleted.");
        }
        catch (HttpOperationException e)
        {
            return e.Response.StatusCode switch
            {
                HttpStatusCode.NotFound => true,
                HttpStatusCode.Forbidden => false,
                _ => throw new InvalidOperationException($"Unexpected answer {e.Response.StatusCode}: {e.Response.Content}"),
            };
        }
    }
}

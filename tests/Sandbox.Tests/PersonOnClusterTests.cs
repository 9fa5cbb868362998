using System.Diagnostics;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Lapse.Sandbox.Tests.Provider;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class PersonOnClusterTests(RunningProvider provider)
{
    [Fact]
    public async Task DevelopersOwnToken_SeededCluster_MayLookAndNotDelete()
    {
        var oidc = new OidcTrust(provider.Process.Issuer, provider.Process.AuthorityFile);
        await using var cluster = await ControlPlane.StartAsync(new ControlPlaneOptions { Oidc = oidc }, Scratch.Token);
        await SandboxCluster.SeedAsync(cluster, Scratch.Token);
        var developer = provider.Somebody("developers");
        var token = await provider.Client.IdTokenAsync(developer.UserName, mfa: false, cancellationToken: Scratch.Token);
        using var client = cluster.CreateClient(token);

        var deployments = await FirstAnswerAsync(client);

        Assert.Equal(["payments-api", "payments-worker"], deployments.Items.Select(item => item.Name()).Order(StringComparer.Ordinal));
        var e = await Assert.ThrowsAsync<HttpOperationException>(
            () => client.AppsV1.DeleteNamespacedDeploymentAsync("payments-api", "payments-prod", cancellationToken: Scratch.Token));
        Assert.Equal(HttpStatusCode.Forbidden, e.Response.StatusCode);
        Assert.Contains($"oidc:{developer.UserName}", e.Response.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortalsToken_ClusterThatTrustsTheProvider_IsRefused()
    {
        var oidc = new OidcTrust(provider.Process.Issuer, provider.Process.AuthorityFile);
        await using var cluster = await ControlPlane.StartAsync(new ControlPlaneOptions { Oidc = oidc }, Scratch.Token);
        await SandboxCluster.SeedAsync(cluster, Scratch.Token);
        var developer = provider.Somebody("developers");
        using var trusted = cluster.CreateClient(
            await provider.Client.IdTokenAsync(developer.UserName, mfa: false, cancellationToken: Scratch.Token));
        await FirstAnswerAsync(trusted);
        using var kept = cluster.CreateClient(await provider.Client.IdTokenAsync(
            developer.UserName, mfa: false, "lapse", RunningProvider.Secret, RunningProvider.SignInCallback, Scratch.Token));

        var e = await Assert.ThrowsAsync<HttpOperationException>(
            () => kept.AppsV1.ListNamespacedDeploymentAsync("payments-prod", cancellationToken: Scratch.Token));

        Assert.Equal(HttpStatusCode.Unauthorized, e.Response.StatusCode);
    }

    /// <summary>The API server reads the provider's keys ten seconds after it started, and until then answers 401.</summary>
    private static async Task<V1DeploymentList> FirstAnswerAsync(Kubernetes client)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await client.AppsV1.ListNamespacedDeploymentAsync("payments-prod", cancellationToken: Scratch.Token);
            }
            catch (HttpOperationException e) when (
                e.Response.StatusCode is HttpStatusCode.Unauthorized && waited.Elapsed < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(500, Scratch.Token);
            }
        }
    }
}

using k8s;
using k8s.Models;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class ControlPlaneTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Start_AgainOnKeptData_ServesWhatWasThereAndIssuesTokens()
    {
        var options = new ControlPlaneOptions { DataFolder = _scratch.File("cluster"), Port = Ports.Free() };
        string kubeconfig;
        await using (var first = await ControlPlane.StartAsync(options, Scratch.Token))
        {
            kubeconfig = await File.ReadAllTextAsync(first.KubeconfigFile, Scratch.Token);
            using var client = first.CreateClient();
            await client.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = "kept" } }, cancellationToken: Scratch.Token);
        }

        await using var second = await ControlPlane.StartAsync(options, Scratch.Token);

        Assert.Equal(kubeconfig, await File.ReadAllTextAsync(second.KubeconfigFile, Scratch.Token));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(second.KubeconfigFile));
        using var administrator = second.CreateClient();
        Assert.Equal("Active", (await administrator.CoreV1.ReadNamespaceAsync("kept", cancellationToken: Scratch.Token)).Status.Phase);
        Assert.NotEmpty((await administrator.RbacAuthorizationV1.ReadClusterRoleAsync("edit", cancellationToken: Scratch.Token)).Rules);

        await administrator.CoreV1.CreateNamespacedServiceAccountAsync(
            new V1ServiceAccount { Metadata = new V1ObjectMeta { Name = "robot" } }, "kept", cancellationToken: Scratch.Token);
        var token = (await administrator.CoreV1.CreateNamespacedServiceAccountTokenAsync(
            new Authenticationv1TokenRequest { Spec = new V1TokenRequestSpec { Audiences = [], ExpirationSeconds = 3600 } }, "robot", "kept", cancellationToken: Scratch.Token)).Status.Token;
        using var robot = second.CreateClient(token);
        var e = await Assert.ThrowsAsync<k8s.Autorest.HttpOperationException>(
            () => robot.CoreV1.ListNamespacedPodAsync("kept", cancellationToken: Scratch.Token));
        Assert.Contains("system:serviceaccount:kept:robot", e.Response.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ProgrammeFailsAtOnce_SaysWhatItPrinted()
    {
        var options = new ControlPlaneOptions
        {
            DataFolder = _scratch.File("cluster"),
            Oidc = new OidcTrust(new Uri("http://not-https.example/"), _scratch.File("authority.pem")),
        };
        await File.WriteAllTextAsync(_scratch.File("authority.pem"), "no certificate", Scratch.Token);

        var e = await Assert.ThrowsAsync<SandboxException>(() => ControlPlane.StartAsync(options, Scratch.Token));

        Assert.StartsWith("kube-apiserver ended while starting", e.Message, StringComparison.Ordinal);
    }
}

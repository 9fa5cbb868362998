using System.Net;
using System.Text;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class OutboundTests
{
    private static readonly OutboundOptions Production = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.10")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("255.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("192.0.0.192")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("fe80::1")]
    [InlineData("febf::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2002:7f00:1::")]
    public void WhyRefused_AddressThatIsNeverCalled_SaysWhy(string address) =>
        Assert.NotNull(OutboundAddress.WhyRefused(IPAddress.Parse(address), allowLoopback: false));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.5.4")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("203.0.113.7")]
    [InlineData("fd12:3456::1")]
    [InlineData("2001:db8::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    public void WhyRefused_AddressOfAPossibleCluster_IsNull(string address) =>
        Assert.Null(OutboundAddress.WhyRefused(IPAddress.Parse(address), allowLoopback: false));

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("::ffff:127.0.0.1", true)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("0.0.0.0", false)]
    public void WhyRefused_LoopbackAllowed_OpensLoopbackOnly(string address, bool allowed) =>
        Assert.Equal(allowed, OutboundAddress.WhyRefused(IPAddress.Parse(address), allowLoopback: true) is null);

    [Theory]
    [InlineData("http://example.org/", "https")]
    [InlineData("ftp://example.org/", "https")]
    [InlineData("https://user:password@example.org/", "user name")]
    [InlineData("https://169.254.169.254/latest/meta-data", "metadata")]
    [InlineData("https://[fd00:ec2::254]/", "metadata")]
    [InlineData("https://[::ffff:a9fe:a9fe]/", "metadata")]
    [InlineData("https://localhost:1/", "loopback")]
    [InlineData("https://2130706433/", "loopback")]
    [InlineData("https://0x7f.1/", "loopback")]
    public async Task Client_AddressThatIsNeverCalled_RefusesBeforeConnecting(string address, string why)
    {
        using var client = OutboundClient.Create(Production);
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => client.GetAsync(new Uri(address), Cancellation));
        Assert.Contains(why, OutboundRefusedException.In(exception)?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClusterApi_NameThatResolvesToLoopback_IsRefusedWithoutTheOption()
    {
        var asked = false;
        await using var server = await OddServer.StartAsync(context => Answer(context, 200, "{}", () => asked = true));
        using var api = server.Connect(Production);

        var unknown = Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", "default", Cancellation));
        Assert.Equal(ClusterFailureKind.AddressRefused, unknown.Failure.Kind);
        Assert.Contains("loopback", unknown.Failure.Message, StringComparison.Ordinal);
        Assert.False(asked);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task ClusterApi_Redirect_IsNotFollowed(int code)
    {
        var hops = 0;
        await using var server = await OddServer.StartAsync(context =>
        {
            hops++;
            context.Response.Headers.Location = "https://localhost:1/elsewhere";
            return Answer(context, code, "");
        });
        using var api = server.Connect();

        var unknown = Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", "default", Cancellation));
        Assert.Equal(ClusterFailureKind.AddressRefused, unknown.Failure.Kind);
        Assert.Contains("redirect", unknown.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, hops);
    }

    [Theory]
    [InlineData(404, "not found")]
    [InlineData(404, "<html>404</html>")]
    [InlineData(404, "")]
    [InlineData(404, """{"kind":"Status","status":"Failure","reason":"NotFound","message":"the server could not find the requested resource","details":{},"code":404}""")]
    [InlineData(200, "<html>hello</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, "null")]
    [InlineData(200, """{"metadata":{"name":"another"},"roleRef":{}}""")]
    [InlineData(502, "bad gateway")]
    [InlineData(204, "")]
    [InlineData(418, "tea")]
    public async Task GetBinding_AnswerOfAProxy_IsUnknownNeverNotFound(int code, string body)
    {
        await using var server = await OddServer.StartAsync(context => Answer(context, code, body));
        using var api = server.Connect();
        Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", "default", Cancellation));
    }

    [Theory]
    [InlineData(200, "{}")]
    [InlineData(201, "null")]
    [InlineData(404, "not found")]
    public async Task Probe_AnswerOfAProxy_ProvesNothing(int code, string body)
    {
        await using var server = await OddServer.StartAsync(context => Answer(context, code, body));
        using var api = server.Connect();
        Assert.IsType<ProbeResult.Unknown>(await api.ProbeAsync("lapse:probe:1", TestBindings.Question("default"), 2, Cancellation));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"kind":"RoleList","apiVersion":"rbac.authorization.k8s.io/v1","items":[]}""")]
    [InlineData("""{"kind":"RoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","items":[{}]}""")]
    public async Task AnyReading_AnswerOfAProxy_Fails(string body)
    {
        await using var server = await OddServer.StartAsync(context => Answer(context, 200, body));
        using var api = server.Connect();

        Assert.False((await api.ListAllBindingsAsync(Cancellation)).Succeeded);
        Assert.False((await api.ListBindingsAsync(new(["default"], ClusterWide: true), Cancellation)).Succeeded);
        Assert.False((await api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Succeeded);
        Assert.False((await api.ReadRoleAsync(RoleKind.Role, "edit", "default", Cancellation)).Succeeded);
        Assert.False((await api.HasNamespaceAsync("default", Cancellation)).Succeeded);
        Assert.False((await api.ServerInfoAsync(Cancellation)).Succeeded);
        Assert.False((await api.CanIAsync(TestBindings.Question("default"), Cancellation)).Succeeded);
        Assert.IsType<CreateBindingResult.Unknown>(await api.CreateBindingAsync(TestBindings.Spec("default"), "v1.x", Cancellation));
    }

    [Fact]
    public async Task Probe_SomeServersHaveNotHeardYet_IsMixed()
    {
        var asked = 0;
        await using var server = await OddServer.StartAsync(context => Answer(
            context, 201, Interlocked.Increment(ref asked) == 2 ? """{"status":{"allowed":true}}""" : """{"status":{"allowed":false}}"""));
        using var api = server.Connect();

        var mixed = Assert.IsType<ProbeResult.Mixed>(await api.ProbeAsync("lapse:probe:1", TestBindings.Question("default"), 3, Cancellation));
        Assert.Equal(1, mixed.Answers.Count(answer => answer.Allowed));
    }

    [Fact]
    public async Task Probe_EachOverAConnectionOfItsOwn()
    {
        var connections = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        await using var server = await OddServer.StartAsync(context =>
        {
            connections[context.Connection.Id] = true;
            return Answer(context, 201, """{"status":{"allowed":true}}""");
        });
        using var api = server.Connect();

        Assert.IsType<ProbeResult.AllAllowed>(await api.ProbeAsync("lapse:probe:1", TestBindings.Question("default"), 4, Cancellation));
        Assert.Equal(4, connections.Count);
    }

    [Fact]
    public async Task ClusterApi_EndlessAnswer_IsCutOff()
    {
        await using var server = await OddServer.StartAsync(async context =>
        {
            var chunk = Encoding.UTF8.GetBytes("\"" + new string('x', 8190) + "\",");
            await context.Response.WriteAsync("{\"metadata\":{\"finalizers\":[");
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        });
        using var api = server.Connect(ControlPlaneFixture.Outbound with { LargestResponse = 100_000 });

        var unknown = Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", "default", Cancellation));
        Assert.Equal(ClusterFailureKind.AddressRefused, unknown.Failure.Kind);
    }

    [Fact]
    public async Task ClusterApi_NoAnswer_IsUnreachableAfterTheTimeout()
    {
        await using var server = await OddServer.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var api = server.Connect(ControlPlaneFixture.Outbound with { RequestTimeout = TimeSpan.FromMilliseconds(300) });

        var unknown = Assert.IsType<CreateBindingResult.Unknown>(await api.CreateBindingAsync(TestBindings.Spec("default"), "v1.x", Cancellation));
        Assert.Equal(ClusterFailureKind.Unreachable, unknown.Failure.Kind);
    }

    [Fact]
    public async Task ClusterApi_CallersOwnCancellation_Throws()
    {
        await using var server = await OddServer.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var api = server.Connect();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => api.GetBindingAsync("lapse-x", "default", soon.Token));
    }

    [Fact]
    public async Task ClusterApi_NobodyListens_IsUnreachable()
    {
        var server = await OddServer.StartAsync(_ => Task.CompletedTask);
        await server.DisposeAsync();
        using var api = server.Connect();
        var unknown = Assert.IsType<DeleteBindingResult.Unknown>(await api.DeleteBindingAsync("lapse-x", "default", "uid", Cancellation));
        Assert.Equal(ClusterFailureKind.Unreachable, unknown.Failure.Kind);
        Assert.True(unknown.Failure.IsTransient);
    }

    [Fact]
    public async Task ClusterApi_CertificateOfAnotherName_IsNotTrusted()
    {
        await using var server = await OddServer.StartAsync(context => Answer(context, 200, "{}"), certificateName: "api.example.org");
        using var api = server.Connect();
        Assert.Equal(ClusterFailureKind.NotTrusted, (await api.ServerInfoAsync(Cancellation)).Failure?.Kind);
    }

    [Fact]
    public async Task ClusterApi_CertificateOfAnotherAuthority_IsNotTrustedAndGetsNoToken()
    {
        var asked = false;
        await using var trusted = await OddServer.StartAsync(_ => Task.CompletedTask);
        await using var server = await OddServer.StartAsync(context => Answer(context, 200, "{}", () => asked = true));
        using var api = new ClusterApi(new(server.Cluster with { CertificateAuthority = trusted.Cluster.CertificateAuthority }, ControlPlaneFixture.Outbound), TimeProvider.System);

        Assert.Equal(ClusterFailureKind.NotTrusted, (await api.ServerInfoAsync(Cancellation)).Failure?.Kind);
        Assert.False(asked);
    }

    [Fact]
    public async Task ClusterApi_NoAuthorityGiven_TrustsTheMachinesOnly()
    {
        await using var server = await OddServer.StartAsync(context => Answer(context, 200, "{}"));
        using var api = new ClusterApi(new(server.Cluster with { CertificateAuthority = "" }, ControlPlaneFixture.Outbound), TimeProvider.System);
        Assert.Equal(ClusterFailureKind.NotTrusted, (await api.ServerInfoAsync(Cancellation)).Failure?.Kind);
    }

    private static Task Answer(HttpContext context, int code, string body, Action? asked = null)
    {
        asked?.Invoke();
        context.Response.StatusCode = code;
        if (code is 204) return Task.CompletedTask;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }
}

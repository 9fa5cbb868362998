using System.Net;
using System.Text;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>No answer keeps a thread, however slowly its body comes: the client library reads bodies with a blocking call.</summary>
public sealed class OutboundGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_Body_IsThereWhenTheAnswerIs()
    {
        var body = new SlowStream("{\"kind\":\"Role\"}");
        using var invoker = Invoker(body);

        using var response = await invoker.SendAsync(Get("https://example.org/apis?limit=1&labelSelector=watch%3Dtrue"), Cancellation);

        // As the library reads it.
        using var reader = new StreamReader(response.Content.ReadAsStream(Cancellation));
        Assert.Equal("{\"kind\":\"Role\"}", reader.ReadToEnd());
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task Send_Watch_IsReadAsItComes()
    {
        var body = new SlowStream("{\"type\":\"ADDED\"}\n");
        using var invoker = Invoker(body);

        using var response = await invoker.SendAsync(Get("https://example.org/apis?timeoutSeconds=60&watch=true"), Cancellation);

        Assert.Equal(0, body.Reads);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("{\"type\":\"ADDED\"}", await reader.ReadLineAsync(Cancellation));
    }

    [Fact]
    public async Task Send_BodyThatIsTooLong_IsCutOffAndLetGo()
    {
        var body = new SlowStream(new string('x', 200));
        using var invoker = Invoker(body, new() { LargestResponse = 100 });

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => invoker.SendAsync(Get("https://example.org/apis"), Cancellation));

        Assert.NotNull(OutboundRefusedException.In(refused));
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task ClusterApi_BodyThatNeverEnds_IsUnreachableAfterTheTimeoutAndKeepsNoThread()
    {
        await using var server = await OddServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("{\"metadata\":");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var api = server.Connect(ControlPlaneFixture.Outbound with { RequestTimeout = TimeSpan.FromMilliseconds(500) });

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => api.GetBindingAsync("lapse-x", "default", Cancellation)));

        Assert.All(answers, answer => Assert.Equal(ClusterFailureKind.Unreachable, Assert.IsType<GetBindingResult.Unknown>(answer).Failure.Kind));
    }

    private static HttpMessageInvoker Invoker(Stream body, OutboundOptions? options = null) =>
        new(new OutboundGuard(options ?? new()) { InnerHandler = new Server(body) });

    private static HttpRequestMessage Get(string address) => new(HttpMethod.Get, address);

    private sealed class Server(Stream body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) });
    }

    /// <summary>Gives what it has later; who blocks for it fails.</summary>
    private sealed class SlowStream(string text) : Stream
    {
        private readonly MemoryStream _inner = new(Encoding.UTF8.GetBytes(text));

        public int Reads { get; private set; }

        public bool IsDisposed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reads++;
            await Task.Yield();
            return _inner.Read(buffer.Span);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new InvalidOperationException("This would keep a thread.");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}

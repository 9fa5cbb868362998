using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>What is too large is refused before anybody reads it, and browsers are told to come by https, by the portal as it is served.</summary>
public sealed class ServeHardeningTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private const string Host = "lapse.example.com";

    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _folder.Dispose();
    }

    // One portal for both, since each start takes seconds.
    [Fact]
    public async Task Served_OverHttpAndHttps_RefusesWhatIsTooLargeAndTellsBrowsersToComeByHttps()
    {
        using var certificate = OwnCertificate();
        var file = Path.Combine(_folder.Path, "served.pfx");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12, "served"), Cancellation);
        var (http, https) = (Ports.Free(), Ports.Free());
        await using var portal = await ServedPortal.StartAsync(Database, _folder, new Dictionary<string, string?>
        {
            ["Lapse__PublicUrl"] = $"https://{Host}:{https}",
            ["ASPNETCORE_URLS"] = $"http://localhost:{http};https://localhost:{https}",
            ["Kestrel__Certificates__Default__Path"] = file,
            ["Kestrel__Certificates__Default__Password"] = "served",
        }, Cancellation, http);

        using var handler = HandlerFor(certificate);
        using var browser = new HttpClient(handler, disposeHandler: false) { BaseAddress = new Uri($"https://{Host}:{https}") };
        await AssertTooLargeIsRefusedAsync(browser);
        await AssertStrictTransportAsync(browser, http);
    }

    private static async Task AssertTooLargeIsRefusedAsync(HttpClient browser)
    {
        using var form = new FormUrlEncodedContent([new("text", new string('x', 200_000))]);
        using var refused = await browser.PostAsync(new Uri("/session/end", UriKind.Relative), form, Cancellation);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, true), (refused.StatusCode, refused.Headers.Contains("Strict-Transport-Security")));
        Assert.Contains("Lapse hit an error", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var small = await OpenAsync(browser);
        await SendAsync(small, 1_000);
        // It is answered, or not, but the connection stays: what is said next still gets through.
        await SendAsync(small, 1_000);
        Assert.Equal(WebSocketState.Open, small.State);

        using var large = await OpenAsync(browser);
        await SendAsync(large, Portal.Hosting.CircuitLimits.LongestMessage + 1_000);
        await UntilClosedAsync(large);

        using var alive = await browser.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private static async Task AssertStrictTransportAsync(HttpClient browser, int http)
    {
        // A word, a file, and who is sent away to sign in.
        foreach (var (path, status) in new[] { ("health/live", HttpStatusCode.OK), ("ledger/export.csv", HttpStatusCode.Redirect), ("js/keep.js", HttpStatusCode.OK) })
        {
            using var secure = await browser.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            Assert.Equal((status, "max-age=31536000"), (secure.StatusCode, string.Join('|', secure.Headers.GetValues("Strict-Transport-Security"))));
        }
        // Over plain http browsers must ignore it (RFC 6797, section 7.2), and nobody in front is trusted who says that it was https.
        using var plain = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{Host}:{http}/health/live"));
        plain.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await browser.SendAsync(plain, Cancellation);
        Assert.Equal((HttpStatusCode.OK, false), (answer.StatusCode, answer.Headers.Contains("Strict-Transport-Security")));
    }

    private static SocketsHttpHandler HandlerFor(X509Certificate2 certificate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            // As a resolver would answer that knows the name.
            ConnectCallback = static async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync("localhost", context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck };
        return handler;
    }

    private static X509Certificate2 OwnCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task<ClientWebSocket> OpenAsync(HttpClient browser)
    {
        using var negotiated = await browser.PostAsync(new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative), null, Cancellation);
        negotiated.EnsureSuccessStatusCode();
        var token = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("connectionToken").GetString();
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(browser.BaseAddress!) { Scheme = "wss", Path = "/_blazor", Query = $"id={token}" }.Uri, browser, Cancellation);
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), WebSocketMessageType.Text, true, Cancellation);
        var buffer = new byte[1024];
        var answer = await socket.ReceiveAsync(buffer, Cancellation);
        Assert.Equal("{}\u001e", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        return socket;
    }

    // A ping that is followed by nothing that means anything, framed as SignalR does: the length in groups of seven bits.
    private static async Task SendAsync(ClientWebSocket socket, int bytes)
    {
        List<byte> frame = [];
        for (var left = bytes; ; left >>= 7)
        {
            frame.Add((byte)((left & 0x7f) | (left > 0x7f ? 0x80 : 0)));
            if (left <= 0x7f) break;
        }
        byte[] message = new byte[bytes];
        (message[0], message[1]) = (0x91, 6);
        await socket.SendAsync((byte[])[.. frame, .. message], WebSocketMessageType.Binary, true, Cancellation);
    }

    private static async Task UntilClosedAsync(ClientWebSocket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var buffer = new byte[4096];
        try
        {
            while ((await socket.ReceiveAsync(buffer, limit.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // Ended without a word.
        }
        Assert.NotEqual(WebSocketState.Open, socket.State);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary>What is too large is refused before anybody reads it, by the portal as it is served.</summary>
public sealed class ServeHardeningTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task TooLarge_BodyOrMessage_IsRefused()
    {
        await using var portal = await ServeAsync();
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = portal.Address };

        using var form = new FormUrlEncodedContent([new("text", new string('x', 200_000))]);
        using var refused = await browser.PostAsync(new Uri("/session/end", UriKind.Relative), form, Cancellation);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("Lapse hit an error", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var small = await OpenAsync(browser, portal.Address);
        await SendAsync(small, 1_000);
        // It is answered, or not, but the connection stays: what is said next still gets through.
        await SendAsync(small, 1_000);
        Assert.Equal(WebSocketState.Open, small.State);

        using var large = await OpenAsync(browser, portal.Address);
        await SendAsync(large, Portal.Hosting.CircuitLimits.LongestMessage + 1_000);
        await UntilClosedAsync(large);

        using var alive = await browser.GetAsync(new Uri("/health/live", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private static async Task<ClientWebSocket> OpenAsync(HttpClient browser, Uri portal)
    {
        using var negotiated = await browser.PostAsync(new Uri("/_blazor/negotiate?negotiateVersion=1", UriKind.Relative), null, Cancellation);
        negotiated.EnsureSuccessStatusCode();
        var token = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("connectionToken").GetString();
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(portal) { Scheme = "ws", Path = "/_blazor", Query = $"id={token}" }.Uri, Cancellation);
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

    private async Task<PortalProcess> ServeAsync()
    {
        var options = new PortalOptions
        {
            Folder = _folder.Path,
            OwnerConnection = Database.OwnerConnectionString,
            PortalConnection = Database.ServingConnectionString,
            Provider = new Uri("http://localhost:1"),
            Environment = new Dictionary<string, string?>(),
        };
        await PortalProcess.RunAsync(options, ["migrate"], Cancellation);
        return await PortalProcess.StartAsync(options, Cancellation);
    }
}

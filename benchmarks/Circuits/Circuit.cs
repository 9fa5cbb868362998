using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Lapse.Benchmarks.Circuits;

/// <summary>
/// One open page without a browser: a real circuit of Blazor over a WebSocket, with the messages that blazor.web.js sends (hub protocol
/// <c>blazorpack</c>). It acknowledges what is drawn and answers what the page asks of its browser, and draws nothing itself.
/// </summary>
internal sealed partial class Circuit : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private long _objects;
    private long _drawn = Environment.TickCount64;
    private int _batches;
    private Task _listening = Task.CompletedTask;

    /// <summary>How many times something was drawn.</summary>
    public int Batches => Volatile.Read(ref _batches);

    /// <summary>How long nothing was drawn.</summary>
    public TimeSpan Quiet => TimeSpan.FromMilliseconds(Environment.TickCount64 - Interlocked.Read(ref _drawn));

    /// <summary>What the server said went wrong.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>Opens a page.</summary>
    /// <param name="http">A client that is signed in.</param>
    /// <param name="cookies">Its cookies.</param>
    /// <param name="page">The page's address.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<Circuit> OpenAsync(HttpClient http, CookieContainer cookies, Uri page, CancellationToken cancellation)
    {
        var html = await http.GetStringAsync(page, cancellation);
        var markers = Marker().Matches(html).Select(m => m.Groups[1].Value).ToList();
        if (markers.Count == 0) throw new InvalidOperationException($"{page} has no interactive components; nobody is signed in.");
        var state = State().Match(html) is { Success: true } found ? found.Groups[1].Value : "";
        using var negotiated = await http.PostAsync(new Uri(page, "_blazor/negotiate?negotiateVersion=1"), null, cancellation);
        var token = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("connectionToken").GetString()!;

        var circuit = new Circuit();
        circuit._socket.Options.Cookies = cookies;
        circuit._socket.Options.SetRequestHeader("Origin", page.GetLeftPart(UriPartial.Authority));
        await circuit._socket.ConnectAsync(new UriBuilder(new Uri(page, $"_blazor?id={Uri.EscapeDataString(token)}")) { Scheme = page.Scheme == "https" ? "wss" : "ws" }.Uri, cancellation);
        await circuit.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"), cancellation);
        circuit._listening = circuit.ListenAsync(page, markers, state);
        return circuit;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _socket.Abort();
        try
        {
            await _listening;
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // It was told to.
        }
        _socket.Dispose();
        _closing.Dispose();
        _sending.Dispose();
    }

    private async Task ListenAsync(Uri page, List<string> markers, string state)
    {
        var (buffer, chunk, started) = (new MemoryStream(), new byte[32 * 1024], false);
        while (!_closing.IsCancellationRequested)
        {
            var received = await _socket.ReceiveAsync(chunk.AsMemory(), _closing.Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                _errors.Enqueue($"The server closed the connection: {_socket.CloseStatusDescription}");
                return;
            }
            buffer.Write(chunk.AsSpan(0, received.Count));
            if (!started)
            {
                // The answer to the handshake is JSON up to a record separator.
                if (Array.IndexOf(buffer.GetBuffer(), (byte)0x1e, 0, (int)buffer.Length) is var end && end < 0) continue;
                Drop(buffer, end + 1);
                started = true;
                await InvokeAsync("0", "StartCircuit", page.GetLeftPart(UriPartial.Authority) + "/", page.AbsoluteUri, "[]", state);
            }
            while (TryTake(buffer, out var message)) await HandleAsync(message, markers, state);
        }
    }

    private async Task HandleAsync(object?[] message, List<string> markers, string state)
    {
        // 3: the completion of an invocation; the only one is StartCircuit, and components come after it, as in the browser.
        if (message is [3L, _, "0", ..])
        {
            var operations = markers.Select((marker, index) => $"{{\"type\":\"add\",\"ssrComponentId\":{index + 1},\"marker\":{marker}}}");
            await InvokeAsync(null, "UpdateRootComponents", $"{{\"batchId\":1,\"operations\":[{string.Join(',', operations)}]}}", state);
        }
        if (message is not [1L, _, _, string target, object?[] arguments, ..]) return;
        switch (target)
        {
            case "JS.RenderBatch":
                Interlocked.Increment(ref _batches);
                Interlocked.Exchange(ref _drawn, Environment.TickCount64);
                await InvokeAsync(null, "OnRenderCompleted", arguments[0], null);
                break;
            case "JS.BeginInvokeJS":
                await InvokeAsync(null, "EndInvokeJSFromDotNet", arguments[0], true, $"[{arguments[0]},true,{Answer((string)arguments[1]!, (long)arguments[3]!)}]");
                break;
            case "JS.Error":
                _errors.Enqueue($"{arguments[0]}");
                break;
        }
    }

    // What a browser would answer: an object where one is asked for, the settings of the viewer, else nothing.
    private string Answer(string identifier, long resultType) => (identifier, resultType) switch
    {
        (_, 1) => $"{{\"__jsObjectId\":{Interlocked.Increment(ref _objects)}}}",
        ("read", _) => """{"zone":"Europe/Berlin","theme":"system","dark":false}""",
        _ => "null",
    };

    private Task InvokeAsync(string? id, string target, params object?[] arguments)
    {
        using var body = new MemoryStream();
        MessagePack.Write(body, (object?[])[1, MessagePack.EmptyMap.Value, id, target, arguments, Array.Empty<object?>()]);
        using var framed = new MemoryStream();
        for (var length = (uint)body.Length; ; length >>= 7)
        {
            framed.WriteByte((byte)(length > 0x7f ? length | 0x80 : length));
            if (length <= 0x7f) break;
        }
        body.WriteTo(framed);
        return SendAsync(framed.ToArray(), _closing.Token);
    }

    private async Task SendAsync(byte[] bytes, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Binary, true, cancellation);
        }
        finally
        {
            _sending.Release();
        }
    }

    private static bool TryTake(MemoryStream buffer, out object?[] message)
    {
        message = [];
        var bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        var (length, at) = (0, 0);
        for (var shift = 0; ; shift += 7)
        {
            if (at >= bytes.Length) return false;
            length |= (bytes[at] & 0x7f) << shift;
            if ((bytes[at++] & 0x80) == 0) break;
        }
        if (bytes.Length < at + length) return false;
        var read = at;
        message = (object?[])MessagePack.Read(bytes, ref read)!;
        Drop(buffer, at + length);
        return true;
    }

    private static void Drop(MemoryStream buffer, int count)
    {
        var rest = buffer.GetBuffer().AsSpan(count, (int)buffer.Length - count).ToArray();
        buffer.SetLength(0);
        buffer.Write(rest);
    }

    [GeneratedRegex("<!--Blazor:(\\{\"type\":\"server\".*?\\})-->")]
    private static partial Regex Marker();

    [GeneratedRegex("<!--Blazor-Server-Component-State:(.*?)-->")]
    private static partial Regex State();
}

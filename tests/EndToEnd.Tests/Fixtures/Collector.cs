using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lapse.EndToEnd.Tests.Fixtures;

/// <summary>An OpenTelemetry collector: takes what the portal exports over OTLP (HTTP and protobuf), and keeps it.</summary>
public sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = [];

    private Collector(WebApplication app) => _app = app;

    public string Address => _app.Urls.Single();

    /// <summary>All spans, as far as tests look at them.</summary>
    public IReadOnlyList<Span> Spans => [.. _received.Where(r => r.Path == "/v1/traces").SelectMany(r => SpansIn(r.Body))];

    /// <summary>How many logs, traces and metrics came.</summary>
    public int Count(string path) => _received.Count(r => r.Path == path);

    /// <summary>Whether a text is anywhere in anything that was exported.</summary>
    public bool Has(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return _received.Any(r => r.Body.AsSpan().IndexOf(bytes) >= 0);
    }

    /// <summary>Whether a token is anywhere in anything that was exported.</summary>
    public bool HasToken() => _received.Any(r => TokenText.IsIn(Encoding.Latin1.GetString(r.Body)));

    public static async Task<Collector> StartAsync(CancellationToken cancellation)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var collector = new Collector(app);
        app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            collector._received.Enqueue((request.Path, body.ToArray()));
            // An empty answer is a whole one: nothing was rejected.
            return Results.Bytes([], "application/x-protobuf");
        });
        await app.StartAsync(cancellation);
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2, Span.trace_id = 1, Span.name = 5:
    // opentelemetry-proto, trace.proto.
    private static IEnumerable<Span> SpansIn(byte[] body) =>
        from resource in Fields(body, 1)
        from scope in Fields(resource, 2)
        from span in Fields(scope, 2)
        select new Span(Convert.ToHexStringLower(Fields(span, 1).Single().Span), Encoding.UTF8.GetString(Fields(span, 5).Single().Span));

    private static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> message, int wanted)
    {
        List<ReadOnlyMemory<byte>> found = [];
        for (var at = 0; at < message.Length;)
        {
            var key = Number(message.Span, ref at);
            switch (key & 7)
            {
                case 0:
                    Number(message.Span, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Number(message.Span, ref at);
                    if (key >> 3 == wanted) found.Add(message.Slice(at, length));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new FormatException("Not a message of protobuf.");
            }
        }
        return found;
    }

    private static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        var number = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var part = bytes[at++];
            number |= (long)(part & 0x7f) << shift;
            if (part < 0x80) return number;
        }
    }
}

/// <summary>A span.</summary>
/// <param name="Trace">Its trace's id, 32 hexadecimal digits.</param>
/// <param name="Name">Its name.</param>
public sealed record Span(string Trace, string Name);

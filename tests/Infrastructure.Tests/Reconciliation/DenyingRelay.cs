using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Kubernetes;
using Microsoft.AspNetCore.Http;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>
/// Stands before the real API server and passes everything on, but lets every access review be denied while a test wants it: an
/// API server whose authorizer has not heard of a binding yet.
/// </summary>
internal sealed class DenyingRelay : IAsyncDisposable
{
    private readonly HttpClient _behind;
    private OddServer _server = null!;
    private volatile bool _denies = true;

    private DenyingRelay(HttpClient behind) => _behind = behind;

    /// <summary>The way to the cluster through the relay.</summary>
    public ClusterAddress Address => _server.Cluster;

    /// <summary>Whether reviews are denied; they are until a test says otherwise.</summary>
    public bool Denies { get => _denies; set => _denies = value; }

    /// <summary>What is done about a request instead of passing it on; it says whether it did something.</summary>
    public Func<HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>What time the API server says it is; <see langword="null"/> for its own.</summary>
    public Func<DateTimeOffset>? Date { get; set; }

    /// <summary>Whether requests reach the API server, but no answer comes back.</summary>
    public Func<HttpContext, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>Starts before an API server, which it calls with that address' own client certificate.</summary>
    public static async Task<DenyingRelay> StartAsync(ClusterAddress real)
    {
        var certificate = (ClusterCredential.ClientCertificate)real.Credential;
        using var pem = X509Certificate2.CreateFromPem(certificate.CertificatePem, certificate.KeyPem);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.SslOptions.ClientCertificates = [X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null)];
        handler.SslOptions.CertificateChainPolicy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(real.CertificateAuthority);
        var relay = new DenyingRelay(new(handler) { BaseAddress = real.Server, Timeout = Timeout.InfiniteTimeSpan });
        relay._server = await OddServer.StartAsync(relay.PassOnAsync);
        return relay;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _behind.Dispose();
    }

    private async Task PassOnAsync(HttpContext context)
    {
        if (Instead is { } instead && await instead(context)) return;
        using var request = new HttpRequestMessage(new(context.Request.Method), context.Request.Path + context.Request.QueryString.Value);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }
        request.Headers.TryAddWithoutValidation("Accept", context.Request.Headers.Accept.ToString());
        try
        {
            using var answer = await _behind.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
            if (LosesAnswer(context))
            {
                context.Abort();
                return;
            }
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            if ((Date?.Invoke() ?? answer.Headers.Date) is { } date) context.Response.Headers.Date = date.ToString("R");
            if (Denies && context.Request.Path.Value!.EndsWith("/subjectaccessreviews", StringComparison.Ordinal)) await DenyAsync(context, answer);
            else await CopyAsync(context, answer);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException && context.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone, such as a watch that ended.
        }
    }

    private static async Task DenyAsync(HttpContext context, HttpResponseMessage answer)
    {
        var review = JsonNode.Parse(await answer.Content.ReadAsStringAsync(context.RequestAborted))!;
        review["status"] = new JsonObject { ["allowed"] = false };
        await context.Response.WriteAsync(review.ToJsonString(), Encoding.UTF8, context.RequestAborted);
    }

    // A watch answers in parts, and each has to arrive at once.
    private static async Task CopyAsync(HttpContext context, HttpResponseMessage answer)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        await context.Response.StartAsync(context.RequestAborted);
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>The one way to call an address that an admin entered, for whatever is not an API server (see <see cref="ClusterConnection"/>).</summary>
public static class OutboundClient
{
    /// <summary>A client that trusts the machine's certificate authorities and follows <see cref="OutboundGuard"/>.</summary>
    public static HttpClient Create(OutboundOptions options)
    {
        var handler = new SocketsHttpHandler();
        OutboundHandler.Configure(handler, options);
        var client = new HttpClient(new OutboundGuard(options) { InnerHandler = handler })
        {
            Timeout = options.RequestTimeout,
            MaxResponseContentBufferSize = Math.Min(options.LargestResponse, int.MaxValue),
        };
        client.DefaultRequestHeaders.UserAgent.ParseAdd(ClusterConnection.UserAgent);
        return client;
    }
}

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>
/// Stands before every call to an address that an admin entered: https only, no redirects, no endless answers. A whole answer is read
/// here and within the time of its request: the client library reads a body with a blocking call, so that a server which is slow with
/// bodies would take a thread for each of them until the portal had none.
/// </summary>
public sealed class OutboundGuard(OutboundOptions options) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { IsAbsoluteUri: true } address || address.Scheme != Uri.UriSchemeHttps)
            throw new OutboundRefusedException("Lapse calls https addresses only.");
        if (address.UserInfo.Length > 0)
            throw new OutboundRefusedException("Lapse does not call an address that carries a user name or password.");

        var response = await base.SendAsync(request, cancellationToken);
        if ((int)response.StatusCode is >= 300 and <= 399 and not 304)
        {
            response.Dispose();
            throw new OutboundRefusedException($"{address.Authority} answered with a redirect, which Lapse does not follow.");
        }

        response.Content = new BoundedContent(response.Content, options.LargestResponse);
        if (IsWatch(address)) return response;
        try
        {
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // What never ends cannot be read whole; the library reads it a line at a time, without blocking.
    private static bool IsWatch(Uri address) => address.Query.TrimStart('?').Split('&').Contains("watch=true", StringComparer.Ordinal);
}

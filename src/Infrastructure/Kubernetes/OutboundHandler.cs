using System.Net;
using System.Net.Sockets;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Prepares the handler below every call to an address that an admin entered.</summary>
public static class OutboundHandler
{
    /// <summary>
    /// Sets a handler up: no proxy, no redirects, no cookies, and each connection goes to an address that was checked
    /// after resolving, so that a name which resolves to something else a moment later gains nothing (DNS rebinding).
    /// </summary>
    public static void Configure(SocketsHttpHandler handler, OutboundOptions options)
    {
        handler.UseProxy = false;
        handler.Proxy = null;
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.Credentials = null;
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.ConnectTimeout = options.ConnectTimeout;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        // A watch that hears nothing would otherwise not notice for minutes that its server is gone.
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        handler.ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, options, cancellationToken);
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, OutboundOptions options, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);

        // One forbidden address is enough: a name that has one is either a mistake or an attempt.
        foreach (var address in addresses)
            if (OutboundAddress.WhyRefused(address, options.AllowLoopback) is { } why)
                throw new OutboundRefusedException($"Lapse does not call {target.Host}: it resolves to {address}, and {why}.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What holds for every call to an address that an admin entered.</summary>
public sealed record OutboundOptions
{
    /// <summary>
    /// Whether addresses of this very machine may be called. For the sandbox, whose API server is on loopback; in
    /// production it would let an admin reach what listens beside the portal.
    /// </summary>
    public bool AllowLoopback { get; init; }

    /// <summary>How long resolving, connecting and TLS may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request may take, body included; does not hold for watches.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The most bytes that are read from one response; a watch that reaches it starts anew.</summary>
    public long LargestResponse { get; init; } = 64 * 1024 * 1024;
}

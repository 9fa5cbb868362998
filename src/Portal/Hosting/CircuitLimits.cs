using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.SignalR;

namespace Lapse.Portal.Hosting;

/// <summary>
/// What one browser may take of a replica over its circuit. They are the framework's own defaults, said here so that a newer
/// version of it changes none of them unseen.
/// </summary>
public static class CircuitLimits
{
    /// <summary>The longest message of a browser, in bytes. The longest text that is typed is a reason of 2,000 letters.</summary>
    public const int LongestMessage = 32 * 1024;

    /// <summary>Circuits whose browser is away that one replica keeps at most; the oldest go first.</summary>
    public const int KeptWithoutBrowser = 100;

    /// <summary>How long such a circuit is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(3);

    /// <summary>Sets what a circuit may take.</summary>
    public static void Apply(CircuitOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.DetailedErrors = false;
        options.DisconnectedCircuitMaxRetained = KeptWithoutBrowser;
        options.DisconnectedCircuitRetentionPeriod = KeptFor;
        options.MaxBufferedUnacknowledgedRenderBatches = 10;
        options.JSInteropDefaultCallTimeout = TimeSpan.FromMinutes(1);
    }

    /// <summary>Sets what a connection may send.</summary>
    public static void Apply(HubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.MaximumReceiveMessageSize = LongestMessage;
        options.EnableDetailedErrors = false;
        options.MaximumParallelInvocationsPerClient = 1;
    }
}

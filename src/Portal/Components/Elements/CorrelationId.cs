using System.Diagnostics;
using System.Security.Cryptography;

namespace Lapse.Portal.Components.Elements;

/// <summary>The number that an error shows and the log has: what a person reads out to an administrator.</summary>
public static class CorrelationId
{
    /// <summary>
    /// The running trace's id (W3C Trace Context), so that it leads to the trace as well; a random one of the same shape
    /// (32 hexadecimal digits) where nothing is traced.
    /// </summary>
    public static string New() =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity
            ? activity.TraceId.ToHexString()
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime;

/// <summary>
/// Runs inside the portal that is measured (DOTNET_STARTUP_HOOKS), so that production code needs nothing for it: collects all garbage when
/// somebody connects to a Unix socket, and writes how many bytes are left.
/// </summary>
internal static class StartupHook
{
    /// <summary>The variable with the socket's path.</summary>
    public const string Variable = "LAPSE_BENCHMARK_SOCKET";

    /// <summary>Called by the runtime before the program begins.</summary>
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } path) return;
        var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(path));
        listening.Listen();
        new Thread(() =>
        {
            while (true)
            {
                using var asked = listening.Accept();
                for (var round = 0; round < 3; round++)
                {
                    GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                    GC.WaitForPendingFinalizers();
                }
                asked.Send(System.Text.Encoding.ASCII.GetBytes(GC.GetTotalMemory(false).ToString(CultureInfo.InvariantCulture)));
            }
        })
        { IsBackground = true }.Start();
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lapse.Sandbox;

/// <summary>TCP ports of this machine.</summary>
public static class Ports
{
    private static readonly string[] SocketTables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>A port of the loopback address that nobody listens on just now.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The port that an environment variable names, or the default.</summary>
    /// <exception cref="SandboxException">The variable is no port number.</exception>
    public static int FromEnvironment(string variable, int otherwise)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrWhiteSpace(value))
            return otherwise;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new SandboxException($"{variable}={value} is not a port number; use one from 1 to 65535.");
    }

    /// <summary>Refuses a port that somebody else listens on.</summary>
    /// <param name="port">The port wanted on the loopback address.</param>
    /// <param name="variable">The environment variable that chooses another.</param>
    /// <exception cref="SandboxException">The port is in use; the message says by whom and what to set.</exception>
    public static void EnsureFree(int port, string variable)
    {
        try
        {
            // With the address reuse that every server here sets, so that closing connections of the last run do not count.
            using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = false };
            listener.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            var owner = OwnerOf(port);
            var by = owner is null ? "" : $" (by {owner})";
            throw new SandboxException($"Port {port} is in use{by}; end that program, or set {variable} to another port.", e);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new SandboxException($"Port {port} needs root; set {variable} to a port above 1023.", e);
        }
    }

    /// <summary>Who listens on a port: name and process id, as far as this user may see it.</summary>
    public static string? OwnerOf(int port)
    {
        var sockets = ListeningSockets(port);
        if (sockets.Count == 0)
            return null;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                var holds = Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                    .Any(file => File.ResolveLinkTarget(file, false)?.Name is { } target && sockets.Contains(target));
                if (holds)
                    return $"{File.ReadAllText(Path.Combine(process, "comm")).Trim()}, process {Path.GetFileName(process)}";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody else's process, or one that has just ended.
            }
        }
        return null;
    }

    /// <summary>The names under <c>/proc/PID/fd</c> of the sockets that listen on a port (state 0A of proc(5), net/tcp).</summary>
    private static HashSet<string> ListeningSockets(int port)
    {
        var suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return [.. SocketTables
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns.Length > 9 && columns[3] == "0A" && columns[1].EndsWith(suffix, StringComparison.Ordinal))
            .Select(columns => $"socket:[{columns[9]}]")];
    }
}

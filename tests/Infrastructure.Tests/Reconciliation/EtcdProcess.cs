using System.Diagnostics;
using System.Globalization;
using Lapse.Sandbox;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>The etcd of a control plane that a test started, to be killed and started again as it was.</summary>
internal sealed class EtcdProcess : IAsyncDisposable
{
    private readonly int _id;
    private readonly string _folder;
    private readonly IReadOnlyList<string> _command;
    private ChildProcess? _again;

    private EtcdProcess(int id, string folder, IReadOnlyList<string> command) => (_id, _folder, _command) = (id, folder, command);

    /// <summary>Where it keeps what the cluster is, below a control plane's folder.</summary>
    public static string DataOf(string folder) => Path.Combine(folder, "etcd");

    /// <summary>Finds it by the folder that is its alone.</summary>
    public static EtcdProcess Of(string folder)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            // Its watcher has the same arguments behind its own.
            if (Read(process) is [var file, .. var arguments] && Path.GetFileName(file) == "etcd" && arguments.Contains($"--data-dir={DataOf(folder)}")) return new(id, folder, [file, .. arguments]);
        }
        throw new InvalidOperationException($"No etcd has its data in {folder}.");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        using var process = Process.GetProcessById(_id);
        process.Kill();
        await process.WaitForExitAsync(cancellation);
    }

    /// <summary>Starts it again, with the same data and at the same address.</summary>
    public void Start() => _again = ChildProcess.Start(new()
    {
        Name = "etcd",
        FileName = _command[0],
        Arguments = [.. _command.Skip(1)],
        LogFile = Path.Combine(_folder, "etcd.log"),
        StopTimeout = TimeSpan.FromSeconds(5),
    });

    public async ValueTask DisposeAsync()
    {
        if (_again is not null) await _again.DisposeAsync();
        _again = null;
    }

    private static string[] Read(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return [];
        }
    }
}

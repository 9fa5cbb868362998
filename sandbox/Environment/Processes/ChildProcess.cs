using System.Diagnostics;
using System.Globalization;

namespace Lapse.Sandbox;

/// <summary>
/// A process that never outlives this one, however this one ends.
/// <para>
/// A small shell stands between: it holds the read end of a pipe whose only write end is in this process. When this
/// process ends, killed or not, the kernel closes the pipe, and the shell ends the child and all of its process group.
/// (The kernel's parent-death signal is bound to the thread that forked, and threads of the pool come and go.) The child
/// has a process group of its own, so Ctrl-C at the terminal does not reach it: the order of the end is ours.
/// </para>
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const string Watcher = """
        set -m
        trap : INT TERM HUP QUIT
        log=$1 signal=$2 grace=$3
        shift 3
        exec 3<&0 </dev/null 2>/dev/null
        # What the child prints comes on our own output: its id must stand before that.
        if [ "$log" = - ]; then { echo "$BASHPID"; exec "$@"; } 3<&- 2>&1 & else "$@" 3<&- >>"$log" 2>&1 & fi
        child=$!
        {
          read -r _ <&3
          kill -s "$signal" -- "-$child"
          for ((i = 0; i < grace * 10; i++)); do
            kill -s 0 -- "-$child" || exit 0
            sleep 0.1
          done
          kill -s KILL -- "-$child"
        } >/dev/null &
        guard=$!
        exec 3<&-
        [ "$log" = - ] || echo "$child"
        exec >/dev/null
        # A signal interrupts a wait; once the child has gone, however early, bash still knows its exit code.
        while kill -s 0 "$child"; do wait "$child"; done
        wait "$child"
        code=$?
        kill -s KILL -- "-$child" "-$guard"
        exit "$code"
        """;

    private readonly ChildOptions _options;
    private readonly Process _watcher;
    private readonly Task _output;

    private ChildProcess(ChildOptions options, Process watcher, int id)
    {
        _options = options;
        _watcher = watcher;
        Id = id;
        _output = CopyOutputAsync();
    }

    /// <summary>Its process id, which is that of its process group too.</summary>
    public int Id { get; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _watcher.HasExited;

    /// <summary>Starts the process and returns at once.</summary>
    /// <exception cref="SandboxException">There is no bash.</exception>
    public static ChildProcess Start(ChildOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.LogFile))!);
        var start = new ProcessStartInfo("bash")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = options.WorkingDirectory ?? "",
        };
        var log = options.OnLine is null ? Path.GetFullPath(options.LogFile) : "-";
        var grace = ((int)Math.Ceiling(options.StopTimeout.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        string[] before = ["--noprofile", "--norc", "-c", Watcher, "lapse-child", log, options.StopSignal, grace];
        foreach (var argument in before.Concat(Tool.AsUser(options.User)).Append(options.FileName).Concat(options.Arguments))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
        var watcher = Tool.StartProcess(start);
        var id = int.Parse(watcher.StandardOutput.ReadLine() ?? "0", CultureInfo.InvariantCulture);
        return new ChildProcess(options, watcher, id);
    }

    /// <summary>Waits for its end by itself.</summary>
    /// <returns>Its exit code; 128 and more for a signal.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _watcher.WaitForExitAsync(cancellationToken);
        await _output.WaitAsync(cancellationToken);
        return _watcher.ExitCode;
    }

    /// <summary>Waits until it does its work.</summary>
    /// <param name="isReady">Asked every 100 ms; an I/O failure counts as not yet.</param>
    /// <param name="timeout">How long this may take.</param>
    /// <exception cref="SandboxException">It ended, or was not ready in time; with the end of its log.</exception>
    public async Task WaitUntilReadyAsync(
        Func<CancellationToken, Task<bool>> isReady, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(isReady);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            if (HasExited)
                throw new SandboxException($"{_options.Name} ended while starting (exit code {_watcher.ExitCode}): {LogTail()}");
            if (await AskAsync(isReady, cancellationToken))
                return;
            if (waited.Elapsed > timeout)
                throw new SandboxException($"{_options.Name} was not ready after {timeout.TotalSeconds:0} s; its log is {_options.LogFile}: {LogTail()}");
            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Asks it to end, kills it if it does not, and returns when it has gone.</summary>
    public async Task StopAsync()
    {
        if (!_watcher.HasExited)
        {
            _watcher.StandardInput.Close();
            await _watcher.WaitForExitAsync(CancellationToken.None);
        }
        await _output;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _watcher.Dispose();
    }

    /// <summary>The last lines that it printed, on one line.</summary>
    public string LogTail()
    {
        if (!File.Exists(_options.LogFile))
            return "it printed nothing.";
        using var file = new FileStream(_options.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, 2000), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return string.Join(" | ", reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(4));
    }

    private static async Task<bool> AskAsync(Func<CancellationToken, Task<bool>> isReady, CancellationToken cancellationToken)
    {
        try
        {
            return await isReady(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException or Npgsql.NpgsqlException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task CopyOutputAsync()
    {
        if (_options.OnLine is null)
            return;
        await using var log = new StreamWriter(_options.LogFile, append: true) { AutoFlush = true };
        while (await _watcher.StandardOutput.ReadLineAsync() is { } line)
        {
            await log.WriteLineAsync(line);
            _options.OnLine(line);
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>A replica in a process of its own, which ends when this one does.</summary>
internal sealed class MortalProcess : IDisposable
{
    /// <summary>What a shell says of a process that was killed.</summary>
    public const int Killed = 128 + 9;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _steps = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MortalProcess(Process process) => _process = process;

    /// <summary>The steps that it ended, in their order.</summary>
    public IReadOnlyList<string> Steps => [.. _steps];

    /// <summary>What it said on standard error.</summary>
    public string Errors => string.Join(" | ", _errors.TakeLast(20));

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>When it works.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Starts it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="kill">When it kills itself; <see langword="null"/> for never.</param>
    /// <param name="ahead">How far ahead its clock is.</param>
    public static MortalProcess Start(TestDatabase database, Kill? kill, TimeSpan ahead)
    {
        // Its output is beside ours: the tests and the benchmark program refer to its project.
        var start = new ProcessStartInfo(Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Lapse.MortalReplica.dll"));
        start.ArgumentList.Add(database.ServingConnectionString);
        start.ArgumentList.Add(ahead.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        if (kill is not null) start.ArgumentList.Add(kill.Point);
        if (kill?.Within is { } within) start.ArgumentList.Add(within.TotalMilliseconds.ToString(CultureInfo.InvariantCulture));
        start.Environment[TestInstallation.FolderVariable] = TestInstallation.Folder;
        start.Environment["DOTNET_TieredPGO"] = "0";
        // The first use makes the keys; a child only reads them.
        _ = (TestInstallation.Key, TestInstallation.BindingKey, TestInstallation.Sealer);

        var mortal = new MortalProcess(new Process { StartInfo = start });
        mortal._process.OutputDataReceived += (_, line) => mortal.Hear(line.Data);
        mortal._process.ErrorDataReceived += (_, line) => { if (line.Data is { } text) mortal._errors.Enqueue(text); };
        mortal._process.Start();
        mortal._process.BeginOutputReadLine();
        mortal._process.BeginErrorReadLine();
        return mortal;
    }

    /// <summary>Waits until it has killed itself where it was to be killed.</summary>
    /// <returns>What happened instead; <see langword="null"/> if it did.</returns>
    public async Task<string?> DieAtAsync(Kill kill, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        try
        {
            var code = await DeathAsync(limit.Token);
            return code == Killed ? null : $"The portal was to be killed at {kill}, but ended with {code}: {Errors}";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"The portal never came to {kill}; it did {string.Join(", ", Steps)}. {Errors}";
        }
    }

    /// <summary>Moves its clock forward.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        await _process.StandardInput.WriteLineAsync(KillPoints.Ahead + by.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it is dead.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> DeathAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        if (line == KillPoints.Ready) _ready.TrySetResult();
        if (line.StartsWith(KillPoints.Step, StringComparison.Ordinal)) _steps.Enqueue(line[KillPoints.Step.Length..]);
    }
}

namespace Lapse.Sandbox;

/// <summary>How a long-running process is started and ended.</summary>
public sealed record ChildOptions
{
    /// <summary>What people call it: <c>PostgreSQL</c>, <c>kube-apiserver</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The executable: a path, or a name to be found in PATH.</summary>
    public required string FileName { get; init; }

    /// <summary>Its arguments, unquoted.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Added to the environment of this process; <see langword="null"/> removes a variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Where it runs; by default where this process does.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Everything it prints is appended to this file.</summary>
    public required string LogFile { get; init; }

    /// <summary>The user it runs as, which only root can choose; by default the one of this process.</summary>
    public string? User { get; init; }

    /// <summary>The signal that asks it to end, without <c>SIG</c>. PostgreSQL needs <c>INT</c>: it waits for its clients on <c>TERM</c>.</summary>
    public string StopSignal { get; init; } = "TERM";

    /// <summary>How long it may take to end when asked, before it is killed. Whole seconds.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Receives every line that it prints, besides the log file.</summary>
    public Action<string>? OnLine { get; init; }
}

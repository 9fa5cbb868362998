using System.Globalization;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>When a replica in a process of its own kills itself with SIGKILL.</summary>
/// <param name="Point">The step, as <see cref="KillPoints"/> writes it.</param>
/// <param name="Within">How long after the step began; <see langword="null"/> for at its end, when what it did is done.</param>
internal sealed record Kill(string Point, TimeSpan? Within = null)
{
    /// <summary>How far ahead its clock is.</summary>
    public TimeSpan Ahead { get; init; }

    /// <summary>Whether nobody starts the portal again before the grant's end is over.</summary>
    public bool DownUntilTheEnd { get; init; }

    public override string ToString() => Within is { } within ? string.Create(CultureInfo.InvariantCulture, $"{Point} + {within.TotalMilliseconds:0} ms") : Point;
}

/// <summary>Steps as words: what a replica prints, and where it is killed.</summary>
internal static class KillPoints
{
    /// <summary>What the line of a step begins with.</summary>
    public const string Step = "step ";

    /// <summary>The line that says that the replica works.</summary>
    public const string Ready = "ready";

    /// <summary>The line to a replica that moves its clock forward, before the seconds.</summary>
    public const string Ahead = "ahead ";
}

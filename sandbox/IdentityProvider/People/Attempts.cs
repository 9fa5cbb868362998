using System.Collections.Concurrent;

namespace Lapse.Sandbox.IdentityProvider.People;

/// <summary>Slows guessing down: after five wrong answers in a row, half a minute of silence for that person.</summary>
public sealed class Attempts(TimeProvider clock)
{
    private const int Allowed = 5;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, (int Wrong, DateTimeOffset Until)> _marks = new(StringComparer.Ordinal);

    /// <summary>How many whole seconds the person has to wait; 0 when none.</summary>
    public int SecondsToWait(string sub) =>
        _marks.TryGetValue(sub, out var mark) ? (int)Math.Max(0, Math.Ceiling((mark.Until - clock.GetUtcNow()).TotalSeconds)) : 0;

    /// <summary>Counts a wrong answer.</summary>
    public void Wrong(string sub) => _marks.AddOrUpdate(
        sub,
        _ => (1, DateTimeOffset.MinValue),
        (_, mark) => mark.Wrong + 1 < Allowed ? (mark.Wrong + 1, DateTimeOffset.MinValue) : (0, clock.GetUtcNow() + Silence));

    /// <summary>Forgets the wrong answers, after a whole sign-in.</summary>
    public void Right(string sub) => _marks.TryRemove(sub, out _);
}

using System.Collections.Concurrent;

namespace Lapse.Infrastructure.Gathering;

/// <summary>
/// Goes round for those who come: whoever comes alone goes at once, and those who come while a round is under way share the next one.
/// </summary>
/// <typeparam name="T">What each brings.</typeparam>
/// <param name="most">The most that share a round.</param>
/// <param name="go">One round. It tells each how it ended, and throws nothing.</param>
internal sealed class Rounds<T>(int most, Func<IReadOnlyList<T>, Task> go)
{
    private readonly ConcurrentQueue<T> _waiting = new();
    private int _running;

    /// <summary>Joins the round that begins next.</summary>
    public void Join(T one)
    {
        _waiting.Enqueue(one);
        if (Interlocked.CompareExchange(ref _running, 1, 0) == 0) _ = Task.Run(RunAsync, CancellationToken.None);
    }

    private async Task RunAsync()
    {
        do
        {
            while (Take() is { Count: > 0 } round) await go(round);
            Volatile.Write(ref _running, 0);
        }
        while (!_waiting.IsEmpty && Interlocked.CompareExchange(ref _running, 1, 0) == 0);
    }

    private List<T> Take()
    {
        List<T> round = [];
        while (round.Count < most && _waiting.TryDequeue(out var one)) round.Add(one);
        return round;
    }
}

using Lapse.Infrastructure.Persistence;

namespace Lapse.Infrastructure.Gathering;

/// <summary>
/// Reads in one statement what many ask for at the same moment. It begins after each of them asked, so what they get is as fresh as
/// from a statement of their own. If it fails for what one of them asked for, each is read by itself.
/// </summary>
/// <typeparam name="TKey">What is asked for.</typeparam>
/// <typeparam name="TValue">What is read.</typeparam>
/// <param name="read">Reads what is there of the keys.</param>
internal sealed class SharedReads<TKey, TValue>(Func<IReadOnlyCollection<TKey>, Task<IReadOnlyDictionary<TKey, TValue>>> read)
    where TKey : notnull
    where TValue : class
{
    private const int Most = 64;

    private readonly Rounds<Asked> _rounds = new(Most, asked => ReadAsync(asked, read));

    /// <summary>Reads one.</summary>
    /// <param name="key">What.</param>
    /// <param name="cancellation">Stops the waiting; the statement goes on for the others.</param>
    /// <returns><see langword="null"/> if it is not there.</returns>
    public Task<TValue?> ReadAsync(TKey key, CancellationToken cancellation)
    {
        var asked = new Asked(key);
        _rounds.Join(asked);
        return asked.Answer.Task.WaitAsync(cancellation);
    }

    private static async Task ReadAsync(IReadOnlyList<Asked> asked, Func<IReadOnlyCollection<TKey>, Task<IReadOnlyDictionary<TKey, TValue>>> read)
    {
        try
        {
            var found = await read(asked.Select(one => one.Key).ToHashSet());
            foreach (var one in asked) one.Answer.TrySetResult(found.GetValueOrDefault(one.Key));
        }
        // If it gave no answer, nobody would be answered, each only after its time.
        catch (Exception exception) when (asked.Count == 1 || DatabaseTrouble.GaveNoAnswer(exception))
        {
            foreach (var one in asked) one.Answer.TrySetException(exception);
        }
#pragma warning disable CA1031 // One of them may be the reason; each is read by itself, and hears of its own error.
        catch (Exception)
#pragma warning restore CA1031
        {
            foreach (var one in asked) await ReadAsync([one], read);
        }
    }

    private sealed record Asked(TKey Key)
    {
        // Whoever waits goes on by itself, not within the round.
        public TaskCompletionSource<TValue?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

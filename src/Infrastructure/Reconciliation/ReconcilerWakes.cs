using System.Collections.Concurrent;
using Lapse.Domain;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What wakes the reconciler. A wake says nothing but “look”; what is to be done is read from the database.</summary>
internal sealed class ReconcilerWakes : IDisposable
{
    private readonly Dictionary<Lane, SemaphoreSlim> _signals = new() { [Lane.Start] = new(0, 1), [Lane.End] = new(0, 1) };
    private readonly ConcurrentDictionary<GrantId, bool> _looks = new();

    /// <summary>Both lanes look for due grants.</summary>
    public void Wake()
    {
        Wake(Lane.Start);
        Wake(Lane.End);
    }

    /// <summary>The binding of a grant may have changed.</summary>
    public void Look(GrantId grant)
    {
        _looks[grant] = true;
        Wake(Lane.End);
    }

    /// <summary>Whether a binding is still to be looked at.</summary>
    public bool AnyLooks => !_looks.IsEmpty;

    /// <summary>The grants whose bindings are to be looked at.</summary>
    public IReadOnlyCollection<GrantId> TakeLooks(int most)
    {
        List<GrantId> taken = [.. _looks.Keys.Take(most)];
        foreach (var id in taken) _looks.TryRemove(id, out _);
        return taken;
    }

    /// <summary>Waits for a wake of a lane, at most so long.</summary>
    public Task WaitAsync(Lane lane, TimeSpan most, CancellationToken cancellation) => _signals[lane].WaitAsync(most, cancellation);

    /// <summary>Wakes one lane; a lane that is awake anyway stays so.</summary>
    public void Wake(Lane lane)
    {
        try
        {
            _signals[lane].Release();
        }
        catch (SemaphoreFullException)
        {
            // It will look anyway.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var signal in _signals.Values) signal.Dispose();
    }
}

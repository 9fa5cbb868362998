namespace Lapse.Portal.Hosting;

/// <summary>Whether this replica was told to stop. It then serves for a moment longer, and says so.</summary>
public sealed class Leaving
{
    private volatile bool _hasBegun;

    /// <summary>Whether it was told.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>Raised once, when it is told.</summary>
    public event Action? Begun;

    /// <summary>It was told.</summary>
    public void Begin()
    {
        if (_hasBegun) return;
        _hasBegun = true;
        Begun?.Invoke();
    }
}

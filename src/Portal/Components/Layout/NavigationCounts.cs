namespace Lapse.Portal.Components.Layout;

/// <summary>
/// The counts that the navigation shows. One per circuit; whoever knows a count sets it, and the navigation follows.
/// </summary>
public sealed class NavigationCounts
{
    /// <summary>A count changed.</summary>
    public event Action? Changed;

    /// <summary>How many requests wait for the viewer's decision; 0 shows nothing.</summary>
    public int Approvals { get; private set; }

    /// <summary>Sets how many requests wait for the viewer's decision.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="waiting"/> is negative.</exception>
    public void SetApprovals(int waiting)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(waiting);
        if (Approvals != waiting)
        {
            Approvals = waiting;
            Changed?.Invoke();
        }
    }
}

namespace Lapse.Domain.Rbac.State;

/// <summary>Whether what is absent from a state is absent.</summary>
public static class Wholeness
{
    /// <summary>
    /// Whether a state has all there is of a part, so that what is not in it does not exist. Of manifests that is never known:
    /// a cluster has more than a folder says.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="part">One of <see cref="RbacState.Parts"/>.</param>
    public static bool IsWhole(this RbacState state, string part)
    {
        ArgumentNullException.ThrowIfNull(state);
        return !state.Served.IsEmpty && state.IsKnown(part);
    }
}

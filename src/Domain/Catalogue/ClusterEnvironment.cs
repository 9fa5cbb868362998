namespace Lapse.Domain.Catalogue;

/// <summary>How much hangs on a cluster or on a part of it.</summary>
public enum ClusterEnvironment
{
    /// <summary>Customers depend on it.</summary>
    Production,

    /// <summary>A rehearsal of production.</summary>
    Staging,

    /// <summary>For trying things.</summary>
    Development,
}

namespace Lapse.Domain.JustInTime;

/// <summary>Where the removal of one standing binding stands.</summary>
public enum RemovalStatus
{
    /// <summary>The change is in force; nothing was sent to the cluster.</summary>
    Waiting,

    /// <summary>The deletion is announced and may have been sent.</summary>
    Removing,

    /// <summary>Seen gone.</summary>
    Removed,

    /// <summary>An admin wants it back; perhaps it is there again, perhaps not.</summary>
    Restoring,

    /// <summary>There again, exactly as it was reviewed.</summary>
    Restored,

    /// <summary>Left alone, because what is there is not what was reviewed.</summary>
    Changed,

    /// <summary>Left alone, because an admin gave its removal up.</summary>
    Kept,
}

/// <summary>How the removal of a standing binding may move.</summary>
public static class RemovalMoves
{
    /// <summary>The one table of moves.</summary>
    public static readonly StatusMoves<RemovalStatus> Table = new(
        (RemovalStatus.Waiting, RemovalStatus.Removing),
        // Somebody removed it by hand.
        (RemovalStatus.Waiting, RemovalStatus.Removed),
        (RemovalStatus.Waiting, RemovalStatus.Changed),
        (RemovalStatus.Waiting, RemovalStatus.Kept),
        // The cluster judged the deletion and refused it: nothing was deleted.
        (RemovalStatus.Removing, RemovalStatus.Waiting),
        (RemovalStatus.Removing, RemovalStatus.Removed),
        (RemovalStatus.Removing, RemovalStatus.Changed),
        (RemovalStatus.Removed, RemovalStatus.Restoring),
        (RemovalStatus.Restoring, RemovalStatus.Restored),
        // It cannot be made again as things are; an admin may try once more.
        (RemovalStatus.Restoring, RemovalStatus.Removed));
}

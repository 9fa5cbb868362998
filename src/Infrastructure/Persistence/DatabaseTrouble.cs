using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>Tells a database that is away, or that takes nothing, from a defect of our own.</summary>
public static class DatabaseTrouble
{
    /// <summary>Whether an exception comes from the database's state and not from what was asked of it. EF Core and others wrap it.</summary>
    public static bool Is(Exception? exception) => Of(exception) is not null;

    /// <summary>What it says about the database; <see langword="null"/> if it says nothing about it.</summary>
    public static DatabaseCondition? Of(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction }:
                    return DatabaseCondition.ReadOnly;
                case PostgresException { SqlState: PostgresErrorCodes.DiskFull }:
                    return DatabaseCondition.Full;
                // Its own trouble: connections, who may connect and to what, resources, an operator, the system below it. What is ours, such as a syntax error or a
                // unique index, has another class (Appendix A of PostgreSQL's manual).
                case PostgresException answered when answered.SqlState[..2] is "08" or "28" or "3D" or "53" or "57" or "58" or "XX":
                    return DatabaseCondition.Away;
                case PostgresException:
                    return null;
                case NpgsqlException:
                    return DatabaseCondition.Away;
            }
        }
        return null;
    }

    /// <summary>
    /// Whether the database gave no answer at all, so that asking it again for a part would take as long and end the same way. Narrower than
    /// <see cref="Is"/>: a row that cannot be read is an answer, and says nothing about the others. EF Core and others wrap it.
    /// </summary>
    public static bool GaveNoAnswer(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
            if (e is NpgsqlException and not PostgresException or TimeoutException or ObjectDisposedException) return true;
        return false;
    }
}

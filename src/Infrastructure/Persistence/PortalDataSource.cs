using Npgsql;

namespace Lapse.Infrastructure.Persistence;

/// <summary>The connections to the database.</summary>
public static class PortalDataSource
{
    // More than the statements that Lapse has; each connection keeps those that it ran five times.
    private const int Statements = 200;

    /// <summary>
    /// Makes a source whose connections let PostgreSQL keep its plans of statements that come again and again. When the schema changes they
    /// are closed (<see cref="SchemaMark.TellAsync"/>); one that has not heard of it yet fails one statement and goes on. A connection
    /// string that says something else about <c>Max Auto Prepare</c> is obeyed.
    /// </summary>
    public static NpgsqlDataSource Create(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ShouldSerialize("Max Auto Prepare")) settings.MaxAutoPrepare = Statements;
        return NpgsqlDataSource.Create(settings);
    }
}

using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Migrations;
using Lapse.Portal.Hosting;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using Xunit;

namespace Lapse.Infrastructure.Tests.Persistence;

/// <summary>A rolling upgrade: the release before works on the new schema. Holds for every migration that there is and will be.</summary>
public sealed class UpgradeTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly PostgresFixture _fixture = postgres;
    private readonly List<Func<Task>> _drop = [];

    private PostgresServer Server => _fixture.Server;

    /// <summary>What a migration must not do, with what is said about it.</summary>
    public static TheoryData<string, string> Breaks => new()
    {
        { "ALTER TABLE grants DROP COLUMN last_error", "grants.last_error is gone" },
        { "ALTER TABLE grants RENAME COLUMN last_error TO words", "grants.last_error is gone" },
        { "DROP TABLE cluster_health", "cluster_health.state is gone" },
        { "ALTER TABLE people ALTER COLUMN name TYPE varchar(10)", "people.name was character varying(300) and is character varying(10)" },
        { "ALTER TABLE grants ALTER COLUMN last_error SET NOT NULL", "grants.last_error must not be empty any more" },
        { "ALTER TABLE people ALTER COLUMN name DROP NOT NULL", "people.name may be empty now" },
        { "ALTER TABLE people ADD nick text NOT NULL", "people.nick is new and must not be empty, but has no default" },
        { "CREATE UNIQUE INDEX one_name ON people (name)", "the unique index one_name is new on people" },
        { "ALTER TABLE people ADD nick text NOT NULL DEFAULT ''; CREATE UNIQUE INDEX one_nick ON people (nick)", "the unique index one_nick is new on people" },
        { "DROP INDEX ix_access_requests_open_key", "the unique index ix_access_requests_open_key is gone or another" },
        { "ALTER TABLE people ADD CONSTRAINT short CHECK (length(name) < 10)", "the constraint short is new on people" },
        { "ALTER TABLE ledger_entries ADD CONSTRAINT by FOREIGN KEY (actor) REFERENCES workflows (name)", "the constraint by is new on ledger_entries" },
    };

    /// <summary>What a migration may do.</summary>
    public static TheoryData<string> Additions =>
    [
        "CREATE TABLE news (id uuid PRIMARY KEY, text varchar(20) NOT NULL UNIQUE CHECK (text <> ''))",
        "ALTER TABLE people ADD nick text",
        "ALTER TABLE people ADD nick text NOT NULL DEFAULT ''",
        "ALTER TABLE people ADD nick text; CREATE UNIQUE INDEX one_nick ON people (nick)",
        "ALTER TABLE people ADD friend uuid REFERENCES people (id)",
        "CREATE INDEX by_name ON people (name)",
    ];

    [Fact]
    public async Task EveryMigration_LeavesTheReleaseBeforeAlone()
    {
        var step = await OldestAsync();
        var before = await SchemaPicture.TakeAsync(step.Source, Cancellation);
        Assert.NotEmpty(before.Tables);
        foreach (var (model, next) in step.Models.Zip(step.Models.Skip(1)))
        {
            await step.MigrateAsync(next.Id);
            var now = await SchemaPicture.TakeAsync(step.Source, Cancellation);
            var listed = ContractSteps.All.Where(contract => contract.Migration == next.Id).Select(contract => contract.What).ToHashSet(StringComparer.Ordinal);

            var breaks = now.BreaksFor(before).ToList();
            Assert.True(breaks.TrueForAll(listed.Contains), $"{next.Id} breaks the release before: {string.Join("; ", breaks.Where(b => !listed.Contains(b)))}. Only add, or list it as a contract step with its reason.");
            Assert.True(listed.IsSubsetOf(breaks), $"{next.Id} is listed for what it does not do: {string.Join("; ", listed.Except(breaks))}.");
            // The rights are those of the newest release, so they are only there for the newest schema.
            if (listed.Count == 0) await RunAsReleaseAsync(step.Source, model.Model, now, serving: false);
            before = now;
        }
    }

    [Fact]
    public async Task ReleaseBefore_WritesAndReadsTheNewSchemaWithItsOwnRole()
    {
        var models = Models();
        var now = await SchemaPicture.TakeAsync(Database.Owner, Cancellation);
        // The newest release itself first: what fails there is the test's fault.
        await RunAsReleaseAsync(Database.Owner, models[^1].Model, now, serving: true);
        if (models.Count > 1 && ContractSteps.All.All(contract => contract.Migration != models[^1].Id)) await RunAsReleaseAsync(Database.Owner, models[^2].Model, now, serving: true);
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Picture_OfWhatBreaksTheReleaseBefore_SaysSo(string sql, string said)
    {
        var before = await SchemaPicture.TakeAsync(Database.Owner, Cancellation);
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);

        Assert.Contains(said, (await SchemaPicture.TakeAsync(Database.Owner, Cancellation)).BreaksFor(before));
    }

    [Theory]
    [MemberData(nameof(Additions))]
    public async Task Picture_OfWhatOnlyAdds_IsFine(string sql)
    {
        var before = await SchemaPicture.TakeAsync(Database.Owner, Cancellation);
        await Database.ExecuteAsOwnerAsync(sql, Cancellation);

        Assert.Empty((await SchemaPicture.TakeAsync(Database.Owner, Cancellation)).BreaksFor(before));
    }

    [Fact]
    public async Task ReleaseBefore_OnASchemaThatItCannotWrite_IsFound()
    {
        await Database.ExecuteAsOwnerAsync("ALTER TABLE people ADD nick text NOT NULL", Cancellation);
        var now = await SchemaPicture.TakeAsync(Database.Owner, Cancellation);

        var failed = await Assert.ThrowsAsync<PostgresException>(() => RunAsReleaseAsync(Database.Owner, Models()[^1].Model, now, serving: true));

        Assert.Equal(PostgresErrorCodes.NotNullViolation, failed.SqlState);
    }

    [Fact]
    public void ContractSteps_NameMigrationsThatThereAre()
    {
        var known = Models().Select(model => model.Id).ToHashSet(StringComparer.Ordinal);

        Assert.All(ContractSteps.All, step => Assert.True(known.Contains(step.Migration) && known.Contains(step.Knows) && step.Reason.Length > 0 && string.CompareOrdinal(step.Knows, step.Migration) <= 0));
    }

    [Fact]
    public async Task Serve_OnASchemaWithMoreMigrations_Starts()
    {
        await AppliedAsync("29990101000000_FromTheFuture");
        await SchemaMark.WriteAsync(Database.Owner, Models()[0].Id, Cancellation);

        Assert.Null(await ProblemAsync());
    }

    [Fact]
    public async Task Serve_OnASchemaThatNeedsANewerRelease_DoesNotStartAndSaysWhich()
    {
        await AppliedAsync("29990101000000_FromTheFuture");
        await SchemaMark.WriteAsync(Database.Owner, "29990101000000_FromTheFuture", Cancellation);

        Assert.Contains("too new for this release", await ProblemAsync(), StringComparison.Ordinal);
        Assert.Contains("29990101000000_FromTheFuture", await ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OnAnOlderSchema_DoesNotStartAndSaysWhatIsMissing()
    {
        var newest = Models()[^1].Id;
        await Database.ExecuteAsOwnerAsync($"""DELETE FROM "__EFMigrationsHistory" WHERE "MigrationId" = '{newest}'""", Cancellation);

        Assert.Contains(newest, await ProblemAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_OfAnOlderRelease_ChangesNothingAndSaysSo()
    {
        using var folder = new ScratchFolder();
        var options = new Sandbox.PortalOptions { Folder = folder.Path, OwnerConnection = Database.OwnerConnectionString, PortalConnection = Database.ServingConnectionString, Provider = new("http://localhost:1") };
        await PortalProcess.RunAsync(options, ["migrate"], Cancellation);
        Assert.Equal(Models()[0].Id, await SchemaMark.ReadAsync(Database.Serving, Cancellation));
        // What a newer release closed stays closed.
        await AppliedAsync("29990101000000_FromTheFuture");
        await Database.ExecuteAsOwnerAsync($"REVOKE UPDATE ON people FROM {DatabaseSetup.ServingRole}", Cancellation);

        var refused = await Assert.ThrowsAsync<SandboxException>(() => PortalProcess.RunAsync(options, ["migrate"], Cancellation));

        Assert.Contains("exit code 2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("29990101000000_FromTheFuture", refused.Message, StringComparison.Ordinal);
        await using var command = Database.Serving.CreateCommand("SELECT has_table_privilege('people', 'UPDATE')");
        Assert.False((bool)(await command.ExecuteScalarAsync(Cancellation))!);
    }

    [Fact]
    public async Task Mark_IsReadByTheServingRoleAndAbsentWhereNobodyWroteIt()
    {
        Assert.Null(await SchemaMark.ReadAsync(Database.Serving, Cancellation));
        await SchemaMark.WriteAsync(Database.Owner, "20260101000000_It's", Cancellation);

        Assert.Equal("20260101000000_It's", await SchemaMark.ReadAsync(Database.Serving, Cancellation));
    }

    private static List<(string Id, IReadOnlyModel Model)> Models()
    {
        using var source = NpgsqlDataSource.Create("Host=nowhere");
        using var db = new PortalDbContext(TestDatabase.Options(source));
        var assembly = db.GetService<IMigrationsAssembly>();
        return [.. assembly.Migrations.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => (m.Key, (IReadOnlyModel)assembly.CreateMigration(m.Value, "Npgsql.EntityFrameworkCore.PostgreSQL").TargetModel))];
    }

    /// <summary>Writes, reads and changes a row of every table as a release with this model does it, and takes it all back.</summary>
    private static async Task RunAsReleaseAsync(NpgsqlDataSource owner, IReadOnlyModel model, SchemaPicture schema, bool serving)
    {
        await using var connection = await owner.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        // Rows of one table alone, with anything in them: what constraints may be new is what the pictures compare.
        await ExecuteAsync(connection, """
            DO $$ DECLARE k record; BEGIN
                FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.conname); END LOOP;
            END $$
            """);
        if (serving) await ExecuteAsync(connection, $"SET LOCAL ROLE {DatabaseSetup.ServingRole}");
        var tables = model.GetEntityTypes().Where(e => e.GetTableName() is not null).GroupBy(e => e.GetTableName()!).ToList();
        Assert.NotEmpty(tables);
        foreach (var table in tables)
        {
            var columns = table.SelectMany(e => e.GetProperties()).Where(p => p.GetValueGenerationStrategy() != NpgsqlValueGenerationStrategy.IdentityAlwaysColumn).Select(p => p.GetColumnName()).Where(c => c != "xmin").Distinct().ToList();
            var types = schema.ColumnsOf(table.Key);
            var names = string.Join(", ", columns.Select(c => $"\"{c}\""));
            if (table.Key != "ledger_head") await ExecuteAsync(connection, $"INSERT INTO \"{table.Key}\" ({names}) VALUES ({string.Join(", ", columns.Select(c => Sample(table.Key, c, types[c])))})");
            await ExecuteAsync(connection, $"SELECT {names} FROM \"{table.Key}\"");
            if (!DatabaseSetup.AppendOnly.Contains(table.Key)) await ExecuteAsync(connection, $"UPDATE \"{table.Key}\" SET {string.Join(", ", columns.Select(c => $"\"{c}\" = \"{c}\""))}");
        }
        await transaction.RollbackAsync(Cancellation);
    }

    private static string Sample(string table, string column, string type) => type.Split('(')[0] switch
    {
        "uuid" => "gen_random_uuid()",
        "text" or "character varying" => type.Contains('(', StringComparison.Ordinal) ? $"left(md5(random()::text), {type.Split('(', ')')[1]})" : "md5(random()::text)",
        "timestamp with time zone" => "now()",
        "interval" => "interval '1 hour'",
        "boolean" => "true",
        "smallint" or "integer" or "bigint" or "double precision" or "numeric" => "floor(random() * 30000)",
        "bytea" => "decode('00', 'hex')",
        "jsonb" or "json" => "'{}'",
        var array when array.EndsWith("[]", StringComparison.Ordinal) => "'{}'",
        _ => throw new InvalidOperationException($"Say what {table}.{column} of type {type} may hold."),
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private Task<int> AppliedAsync(string migration) => Database.ExecuteAsOwnerAsync($"""INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('{migration}', '99')""", Cancellation);

    private async Task<string?> ProblemAsync()
    {
        await using var services = new ServiceCollection().AddSingleton<IDbContextFactory<PortalDbContext>>(Database).AddSingleton(Database.Serving).BuildServiceProvider();
        // The container disposes what it made, and both were made elsewhere.
        return await StartChecks.FindProblemAsync(services, Cancellation);
    }

    private async Task<Stepwise> OldestAsync()
    {
        var name = $"lapse_upgrade_{Guid.NewGuid():N}";
        var step = new Stepwise(NpgsqlDataSource.Create(await Server.CreateDatabaseAsync(name, null, Cancellation)), Models());
        _drop.Add(async () =>
        {
            await step.Source.DisposeAsync();
            await Server.DropDatabaseAsync(name, CancellationToken.None);
        });
        await step.MigrateAsync(step.Models[0].Id);
        return step;
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var drop in _drop) await drop();
        await base.DisposeAsync();
    }

    private sealed record Stepwise(NpgsqlDataSource Source, List<(string Id, IReadOnlyModel Model)> Models)
    {
        public async Task MigrateAsync(string migration)
        {
            await using var db = new PortalDbContext(TestDatabase.Options(Source));
            await db.GetService<IMigrator>().MigrateAsync(migration, Cancellation);
        }
    }
}

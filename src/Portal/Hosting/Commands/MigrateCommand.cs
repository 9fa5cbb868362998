using System.CommandLine;
using Lapse.Infrastructure.Persistence;
using Lapse.Migrations;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse migrate</c>: brings the database to this version, as its owner. <c>serve</c> never does.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command("migrate", "Bring the database to this version (needs ConnectionStrings:Owner and ConnectionStrings:Portal).");
        command.SetAction((_, cancellation) => RunAsync(cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellation)
    {
        var configuration = Configuration.Read();
        if (configuration.GetConnectionString("Owner") is not { Length: > 0 } owner) return Console.Refuse("ConnectionStrings:Owner is not set.");
        var serving = new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("Portal"));
        if (serving.Username != DatabaseSetup.ServingRole || string.IsNullOrEmpty(serving.Password))
            return Console.Refuse($"ConnectionStrings:Portal must connect as {DatabaseSetup.ServingRole} with a password; migrate gives that role this password.");

        await using var source = NpgsqlDataSource.Create(owner);
        var options = new DbContextOptionsBuilder<PortalDbContext>()
            .UseNpgsql(source, npgsql => npgsql.MigrationsAssembly(typeof(DesignTimeFactory).Assembly.GetName().Name)).Options;
        await using var db = new PortalDbContext(options);
        // Its rights are this release's too: it would open what a newer one closed.
        var newer = (await db.Database.GetAppliedMigrationsAsync(cancellation)).Except(MigrationNames.All).ToList();
        if (newer.Count > 0) return Console.Refuse($"The database is newer than this release, which does not know {string.Join(", ", newer)}. Nothing was changed; run lapse migrate of the newest release.");
        var pending = (await db.Database.GetPendingMigrationsAsync(cancellation)).ToList();
        await db.Database.MigrateAsync(cancellation);
        await QuartzSchema.ProvisionAsync(owner, cancellation);
        await DatabaseSetup.ApplyAsync(source, serving.Password, cancellation);
        await SchemaMark.WriteAsync(source, MigrationNames.Needed, cancellation);
        System.Console.WriteLine(pending.Count == 0 ? "The database is at this version already." : $"Applied {string.Join(", ", pending)}.");
        return 0;
    }
}

using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Hosting;

/// <summary><c>lapse serve</c> on a database on which it must not serve: it ends with a sentence that says what to do.</summary>
public sealed class StartCheckTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    [Fact]
    public async Task Serve_AsTheOwner_RefusesAndNamesEachExcess()
    {
        var refusal = await RefusalAsync(Database.OwnerConnectionString);

        Assert.Contains("owns the ledger", refusal, StringComparison.Ordinal);
        Assert.Contains("may update ledger_entries", refusal, StringComparison.Ordinal);
        Assert.Contains($"Use the role {DatabaseSetup.ServingRole}", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GRANT UPDATE (hash) ON ledger_entries TO lapse_portal", "may update ledger_entries")]
    [InlineData("GRANT DELETE ON step_up_proofs TO lapse_portal", "may delete from step_up_proofs")]
    [InlineData("GRANT TRUNCATE ON ledger_head TO lapse_portal", "may truncate from ledger_head")]
    [InlineData("GRANT INSERT ON ledger_head TO lapse_portal", "may insert into ledger_head")]
    [InlineData("GRANT CREATE ON SCHEMA public TO lapse_portal", "may create tables")]
    public async Task Serve_RoleThatMayMoreThanItShould_RefusesAndNamesIt(string grant, string excess)
    {
        await Database.ExecuteAsOwnerAsync(grant, Cancellation);

        Assert.Contains(excess, await RefusalAsync(Database.ServingConnectionString), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM \"__EFMigrationsHistory\"")]
    [InlineData("DROP TABLE \"__EFMigrationsHistory\"")]
    public async Task Serve_DatabaseOfAnEarlierVersion_RefusesAndNamesTheVerb(string before)
    {
        await Database.ExecuteAsOwnerAsync(before, Cancellation);

        var refusal = await RefusalAsync(Database.ServingConnectionString);
        Assert.Contains("run lapse migrate first", refusal, StringComparison.Ordinal);
        Assert.Contains("_Initial", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_DatabaseThatDoesNotAnswer_SaysSoWithoutThePassword()
    {
        var nowhere = new NpgsqlConnectionStringBuilder(Database.ServingConnectionString) { Host = "127.0.0.1", Port = 1, Password = "a-secret-of-the-database" };

        var refusal = await RefusalAsync(nowhere.ConnectionString);
        Assert.Contains("The database does not answer", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("a-secret-of-the-database", refusal, StringComparison.Ordinal);
    }

    private static async Task<string> RefusalAsync(string connection)
    {
        using var keys = new ScratchFolder();
        MadeKeys.PutInto(keys.Path);
        var (code, said, errors) = await LapseVerb.RunAsync(["serve"], new Dictionary<string, string>
        {
            ["ConnectionStrings__Portal"] = connection,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Lapse__Mode"] = "Sandbox",
            ["Lapse__PublicUrl"] = "http://localhost:5080",
            ["Lapse__Keys"] = keys.Path,
            ["Lapse__Provider__Authority"] = "http://localhost:5081",
            ["Lapse__Provider__ClientId"] = "lapse",
            ["Lapse__Provider__ClientSecret"] = "lapse-sandbox",
            ["Lapse__Provider__Profile"] = "Sandbox",
        }, Cancellation);
        Assert.Equal((2, ""), (code, said));
        return errors;
    }
}

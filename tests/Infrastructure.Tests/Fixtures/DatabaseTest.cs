using Xunit;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>Gives each test class its own database.</summary>
public abstract class DatabaseTest(PostgresFixture postgres) : IAsyncLifetime
{
    protected TestDatabase Database { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync() => Database = await postgres.CopyAsync(Cancellation);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Database.DisposeAsync();
    }
}

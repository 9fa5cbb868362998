using System.Collections.Concurrent;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Lapse.Infrastructure.Tests.Notifications;

public sealed class ChangeFeedTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private ChangeFeed _feed = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _feed = new(Database.Serving, TimeProvider.System, NullLogger<ChangeFeed>.Instance);
        await _feed.StartAsync(Cancellation);
        await Wait.UntilAsync(() => Task.FromResult(_feed.IsListening), "listening", Cancellation);
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _feed.StopAsync(CancellationToken.None);
        _feed.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Subscribe_WithAFilter_HearsOnlyThat()
    {
        var heard = new ConcurrentQueue<string>();
        using var all = _feed.Subscribe(change => change.StartsWith("request:", StringComparison.Ordinal), Into(heard));

        await NotifyAsync("grant:1");
        await NotifyAsync("request:1");

        await UntilAsync(heard, "request:1");
        Assert.DoesNotContain("grant:1", heard);
    }

    [Fact]
    public async Task Connection_Terminated_ResyncsAndHearsOn()
    {
        var heard = new ConcurrentQueue<string>();
        using var subscription = _feed.Subscribe(_ => true, Into(heard));
        await NotifyAsync("grant:1");
        await UntilAsync(heard, "grant:1");
        heard.Clear();

        await Database.ExecuteAsOwnerAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN {PortalDbContext.ChangesChannel}%' AND datname = current_database()", Cancellation);

        await UntilAsync(heard, ChangeFeed.Resync);
        await NotifyAsync("grant:2");
        await UntilAsync(heard, "grant:2");
    }

    [Fact]
    public async Task Handler_Fails_StaysSubscribed()
    {
        var heard = new ConcurrentQueue<string>();
        using var subscription = _feed.Subscribe(change => change == "grant:0" ? throw new InvalidOperationException("A filter's defect.") : true, async change =>
        {
            await Into(heard)(change);
            if (change == "grant:1") throw new InvalidOperationException("A handler's defect.");
        });

        await NotifyAsync("grant:0");
        await NotifyAsync("grant:1");
        await NotifyAsync("grant:2");

        await UntilAsync(heard, "grant:2");
    }

    [Fact]
    public async Task Handler_Busy_HearsEachChangeOnceAfterwards()
    {
        var heard = new ConcurrentQueue<string>();
        var goOn = new TaskCompletionSource();
        using var subscription = _feed.Subscribe(_ => true, async change =>
        {
            heard.Enqueue(change);
            await goOn.Task;
        });
        await NotifyAsync("grant:0");
        await UntilAsync(heard, "grant:0");
        for (var i = 0; i < 20; i++) await NotifyAsync("grant:1");
        // Somebody else has heard the last: everything before it waits for the busy one by now.
        var arrived = new ConcurrentQueue<string>();
        using var other = _feed.Subscribe(_ => true, Into(arrived));
        await NotifyAsync("grant:2");
        await UntilAsync(arrived, "grant:2");
        goOn.SetResult();

        await UntilAsync(heard, "grant:2");
        Assert.Equal(["grant:0", "grant:1", "grant:2"], heard);
    }

    [Fact]
    public async Task Subscription_Disposed_HearsNothingMore()
    {
        var (gone, heard) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        _feed.Subscribe(_ => true, Into(gone)).Dispose();
        using var subscription = _feed.Subscribe(_ => true, Into(heard));

        await NotifyAsync("grant:1");

        await UntilAsync(heard, "grant:1");
        Assert.Empty(gone);
    }

    private static Func<string, Task> Into(ConcurrentQueue<string> queue) => change =>
    {
        queue.Enqueue(change);
        return Task.CompletedTask;
    };

    private static Task UntilAsync(ConcurrentQueue<string> heard, string change) => Wait.UntilAsync(() => Task.FromResult(heard.Contains(change)), change, Cancellation);

    private Task<int> NotifyAsync(string change) => Database.ExecuteAsOwnerAsync($"SELECT pg_notify('{PortalDbContext.ChangesChannel}', '{change}')", Cancellation);
}

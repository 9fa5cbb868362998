using System.Collections.Concurrent;
using Lapse.Infrastructure.Gathering;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Gathering;

/// <summary>Who asks at the same moment shares a statement that begins after they asked.</summary>
public sealed class SharedReadsTests : IDisposable
{
    private readonly ConcurrentQueue<int[]> _read = new();
    private readonly SemaphoreSlim _goOn = new(0);
    private readonly SharedReads<int, string> _reads;
    private string _there = "before";
    private Func<IReadOnlyCollection<int>, Exception?> _fails = _ => null;

    public SharedReadsTests() => _reads = new(async keys =>
    {
        _read.Enqueue([.. keys.Order()]);
        var there = _there;
        await _goOn.WaitAsync(Cancellation);
        return _fails(keys) is { } exception ? throw exception : keys.Where(key => key >= 0).ToDictionary(key => key, key => $"{there} {key}");
    });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_WhileAnotherRuns_SharesTheNextOneWhichBeginsAfterIt()
    {
        var first = _reads.ReadAsync(1, Cancellation);
        await BegunAsync(1);
        _there = "after";
        Task<string?>[] others = [_reads.ReadAsync(1, Cancellation), _reads.ReadAsync(2, Cancellation), _reads.ReadAsync(2, Cancellation), _reads.ReadAsync(-3, Cancellation)];
        _goOn.Release(2);

        Assert.Equal("before 1", await first);
        Assert.Equal(["after 1", "after 2", "after 2", null], await Task.WhenAll(others));
        Assert.Equal([[1], [-3, 1, 2]], _read);
    }

    [Fact]
    public async Task Read_FailsForOneOfThem_OnlyWhoAskedHearsOfIt()
    {
        _fails = keys => keys.Contains(2) ? new FormatException("broken") : null;
        var first = _reads.ReadAsync(0, Cancellation);
        await BegunAsync(1);
        var (right, wrong) = (_reads.ReadAsync(1, Cancellation), _reads.ReadAsync(2, Cancellation));
        _goOn.Release(10);

        Assert.Equal("before 1", await right);
        await Assert.ThrowsAsync<FormatException>(() => wrong);
        await first;
    }

    [Fact]
    public async Task Read_DatabaseIsAway_IsToldToAllAtOnce()
    {
        _fails = keys => keys.Contains(0) ? null : new InvalidOperationException("wrapped", new NpgsqlException("away"));
        var first = _reads.ReadAsync(0, Cancellation);
        await BegunAsync(1);
        Task<string?>[] others = [_reads.ReadAsync(1, Cancellation), _reads.ReadAsync(2, Cancellation)];
        _goOn.Release(2);

        await first;
        foreach (var other in others) await Assert.ThrowsAsync<InvalidOperationException>(() => other);
        Assert.Equal(2, _read.Count);
    }

    [Fact]
    public async Task Read_GivenUp_LeavesTheOthersTheirs()
    {
        using var impatience = new CancellationTokenSource();
        var first = _reads.ReadAsync(0, Cancellation);
        await BegunAsync(1);
        var (patient, impatient) = (_reads.ReadAsync(1, Cancellation), _reads.ReadAsync(2, impatience.Token));
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        _goOn.Release(2);

        Assert.Equal("before 1", await patient);
        await first;
    }

    public void Dispose() => _goOn.Dispose();

    private Task BegunAsync(int reads) => Fixtures.Wait.UntilAsync(() => Task.FromResult(_read.Count == reads), "reading", Cancellation);
}

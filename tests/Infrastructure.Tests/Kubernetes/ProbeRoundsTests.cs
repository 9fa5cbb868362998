using System.Collections.Concurrent;
using k8s;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>Who asks about a probe at the same moment shares connections, each as fresh as one of their own; nothing is called here.</summary>
public sealed class ProbeRoundsTests
{
    private static readonly AccessQuestion Question = TestBindings.Question("default");
    private static readonly ClusterAddress Nowhere = ClusterAddress.From("https://127.0.0.1:1", "", new ClusterCredential.Token("token")).Value;

    private readonly ConcurrentDictionary<string, ConcurrentBag<IKubernetes>> _askedOver = new();
    private readonly TaskCompletionSource _begun = new();
    private readonly TaskCompletionSource _goOn = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_WhileARoundRuns_SharesTheNextOneOverConnectionsThatAreOpenedAfterIt()
    {
        var rounds = Rounds(Nowhere);
        var first = rounds.AskAsync("first", Question, 3, Cancellation);
        await _begun.Task;
        var second = rounds.AskAsync("second", Question, 3, Cancellation);
        var third = rounds.AskAsync("third", Question, 1, Cancellation);
        // Neither may be answered over what was open before they asked.
        Assert.Equal(["first"], _askedOver.Keys);

        _goOn.SetResult();

        Assert.Equal((3, 3, 1), ((await first).Length, (await second).Length, (await third).Length));
        var (before, after) = (_askedOver["first"].ToHashSet(), _askedOver["second"].ToHashSet());
        Assert.Equal((3, 3), (before.Count, after.Count));
        Assert.Empty(before.Intersect(after));
        Assert.Contains(Assert.Single(_askedOver["third"]), after);
    }

    [Fact]
    public async Task Ask_OneAnswerFails_OnlyWhoAskedHearsOfIt()
    {
        var rounds = Rounds(Nowhere);
        var first = rounds.AskAsync("first", Question, 1, Cancellation);
        await _begun.Task;
        var wrong = rounds.AskAsync("wrong", Question, 3, Cancellation);
        var right = rounds.AskAsync("right", Question, 3, Cancellation);

        _goOn.SetResult();

        Assert.Equal("On purpose.", (await Assert.ThrowsAsync<InvalidOperationException>(() => wrong)).Message);
        Assert.All(await right, answer => Assert.True(answer.Value.Allowed));
        Assert.Single(await first);
        Assert.Single(await rounds.AskAsync("later", Question, 1, Cancellation));
    }

    [Fact]
    public async Task Ask_NoConnectionCanBeOpened_IsToldToAllAndKeepsNobodyWaiting()
    {
        // Made past the check of addresses: plain http is refused when a connection is opened.
        var rounds = Rounds(Nowhere with { Server = new Uri("http://127.0.0.1:1") });

        foreach (var asked in new[] { rounds.AskAsync("one", Question, 3, Cancellation), rounds.AskAsync("two", Question, 1, Cancellation) })
            Assert.Contains("https only", (await Assert.ThrowsAsync<InvalidOperationException>(() => asked)).Message, StringComparison.Ordinal);

        Assert.Contains("https only", (await Assert.ThrowsAsync<InvalidOperationException>(() => rounds.AskAsync("later", Question, 1, Cancellation))).Message, StringComparison.Ordinal);
        Assert.Empty(_askedOver);
    }

    [Fact]
    public async Task Ask_WhoAskedGivesUp_TheOthersAreAnswered()
    {
        var rounds = Rounds(Nowhere);
        using var gaveUp = new CancellationTokenSource();
        var first = rounds.AskAsync("first", Question, 1, gaveUp.Token);
        await _begun.Task;
        var second = rounds.AskAsync("second", Question, 1, Cancellation);

        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _goOn.SetResult();

        Assert.Single(await second);
    }

    [Fact]
    public async Task Ask_MoreThanOneRoundHolds_AreAllAnsweredOverFewConnections()
    {
        var rounds = Rounds(Nowhere);
        var first = rounds.AskAsync("first", Question, 1, Cancellation);
        await _begun.Task;
        var many = Enumerable.Range(0, 200).Select(i => rounds.AskAsync($"probe {i}", Question, 3, Cancellation)).ToList();

        _goOn.SetResult();

        Assert.Single(await first);
        Assert.All(await Task.WhenAll(many), answers => Assert.Equal(3, answers.Length));
        // 64 in a round: four rounds of three connections, beside the first.
        Assert.Equal(1 + (4 * 3), _askedOver.Values.SelectMany(clients => clients).Distinct().Count());
    }

    private ProbeRounds Rounds(ClusterAddress address) => new(new(address, ControlPlaneFixture.Outbound), async (client, probe, _) =>
    {
        _askedOver.GetOrAdd(probe, _ => []).Add(client);
        if (probe == "first")
        {
            _begun.TrySetResult();
            await _goOn.Task;
        }
        return probe == "wrong" ? throw new InvalidOperationException("On purpose.") : new AccessAnswer(true, "", "");
    });
}

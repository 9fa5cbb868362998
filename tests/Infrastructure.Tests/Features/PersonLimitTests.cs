using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>How many requests and step-ups one person may begin, counted in the database.</summary>
public sealed class PersonLimitTests(PostgresFixture postgres) : MainJobTest(postgres)
{
    [Fact]
    public async Task Ask_OneDraftTooMany_ChangesNothingAndIsNobodyElsesLimit()
    {
        Get<LimitOptions>().DraftsPerPerson = 2;
        Assert.Null((await AskAsync(World.Alice, World.OnePeer)).Refusal);
        Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Null((await AskAsync(World.Alice, World.OnePeer)).Refusal);
        var before = await CountsAsync();

        var refused = (await AskAsync(World.Alice, World.OnePeer)).Refusal!;

        Assert.Equal("TooMany", refused.Code);
        Assert.Contains("try again in 6 minutes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await CountsAsync());
        Assert.Null((await AskAsync(World.Carol, World.OnePeer)).Refusal);
        Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Null((await AskAsync(World.Alice, World.OnePeer)).Refusal);
    }

    [Fact]
    public async Task Begin_OneStepUpTooMany_LeavesTheEarlierOneOpenAndIsNobodyElsesLimit()
    {
        Get<LimitOptions>().StepUpsPerPerson = 2;
        var first = await AskAsync(World.Alice, World.OnePeer);
        var draft = await SubjectAsync(first.Value);
        var second = await SubmitAsync(World.Alice, draft);
        var before = await CountsAsync();

        var refused = (await SubmitAsync(World.Alice, draft)).Refusal!;

        Assert.Equal("TooMany", refused.Code);
        Assert.Contains("try again in 5 minutes", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await CountsAsync());
        Assert.Null((await ChallengeAsync(second.Value)).AbandonedAt);
        // The earlier one goes on to its act, and others are not in the way of anything.
        Assert.Null(await ProveAsync(World.Alice, second, "developers"));
        Assert.Null((await BeginApprovalAsync(World.Bob, draft)).Refusal);
        Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null((await AskAsync(World.Alice, World.TwoPeers)).Refusal);
    }

    [Fact]
    public async Task Begin_AtOtherReplica_CountsTheSame()
    {
        using var keys = new ScratchFolder();
        await using var other = TestFeatures.Create(Database, Clock, keys, new OutboundOptions());
        other.GetRequiredService<LimitOptions>().StepUpsPerPerson = Get<LimitOptions>().StepUpsPerPerson = 1;
        var draft = await SubjectAsync((await AskAsync(World.Alice, World.OnePeer)).Value);

        Assert.Equal("TooMany", (await other.GetRequiredService<AskForAccess>().SubmitAsync(World.Alice, draft, Cancellation)).Refusal?.Code);
    }

    [Fact]
    public async Task Begin_ManyAtOnce_NotOneMoreThanTheLimit()
    {
        var draft = await SubjectAsync((await AskAsync(World.Alice, World.OnePeer)).Value);
        Get<LimitOptions>().StepUpsPerPerson = 4;

        var begun = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SubmitAsync(World.Alice, draft)));

        Assert.Equal(3, begun.Count(b => b.Succeeded));
        Assert.All(begun.Where(b => !b.Succeeded), b => Assert.Equal("TooMany", b.Refusal!.Code));
    }

    private Task<Outcome<StepUpChallengeId>> SubmitAsync(Actor who, AccessRequestId draft) => Get<AskForAccess>().SubmitAsync(who, draft, Cancellation);

    private async Task<StepUpChallenge> ChallengeAsync(StepUpChallengeId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.StepUpChallenges.AsNoTracking().SingleAsync(c => c.Id == id, Cancellation);
    }

    private async Task<(int Requests, int Challenges, int Entries)> CountsAsync()
    {
        await using var db = Database.CreateDbContext();
        return (await db.AccessRequests.CountAsync(Cancellation), await db.StepUpChallenges.CountAsync(Cancellation), await db.LedgerEntries.CountAsync(Cancellation));
    }
}

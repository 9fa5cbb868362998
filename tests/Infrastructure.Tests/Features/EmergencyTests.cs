using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Emergency;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>What an admin ends in an emergency begins to end at once, all of it or nothing, and nothing else.</summary>
public sealed class EmergencyTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private EndInEmergency Ending => new(Database, Guard, Clock);

    [Fact]
    public async Task End_OfAPerson_EndsTheirsAndNobodyElses()
    {
        var active = await ActiveAsync(World.Alice);
        var scheduled = await GrantedAsync(World.ByRule, World.Alice);
        var others = await ActiveAsync(World.Carol);

        var ended = await Ending.EndAsync(World.Dana, new EmergencyScope.OfPerson(World.Alice.PersonId), hold: false, " Laptop stolen ", Cancellation);

        Assert.Equal(new EmergencyEnd(2, false), ended.Value);
        await using var db = Database.CreateDbContext();
        var grants = await db.Grants.ToDictionaryAsync(g => g.Id, Cancellation);
        Assert.Equal((GrantStatus.Revoking, EndReason.Revoked, World.Dana.PersonId), (grants[active].Status, grants[active].EndReason, grants[active].EndedBy));
        Assert.Equal((GrantStatus.Ended, EndReason.Revoked), (grants[scheduled].Status, grants[scheduled].EndReason));
        Assert.Equal(GrantStatus.Active, grants[others].Status);
        Assert.Null((await db.AccessRequests.SingleAsync(r => r.Id == grants[scheduled].RequestId, Cancellation)).OpenKey);
        Assert.Empty(await db.Holds.ToListAsync(Cancellation));
        Assert.Equal("""{"grants":2,"hold":false,"why":"Laptop stolen"}""", Assert.Single(await FactsAsync(LedgerSubject.Of(World.Alice.PersonId))).ToJsonString());
    }

    [Fact]
    public async Task End_InACluster_EndsWhatIsThere()
    {
        var active = await ActiveAsync(World.Alice);
        await using var db = Database.CreateDbContext();
        var other = Cluster.Register(UuidId.New<ClusterId>(Start), World.Cluster.Settings() with { Name = "other" });
        db.Clusters.Add(other);
        await db.CommitAsync(Cancellation);

        Assert.Equal(0, (await Ending.EndAsync(World.Dana, new EmergencyScope.InCluster(other.Id), false, "", Cancellation)).Value.Grants);
        Assert.Equal(GrantStatus.Active, (await db.Grants.AsNoTracking().SingleAsync(g => g.Id == active, Cancellation)).Status);
        Assert.Equal(1, (await Ending.EndAsync(World.Dana, new EmergencyScope.InCluster(World.Cluster.Id), false, "", Cancellation)).Value.Grants);
        Assert.Equal(GrantStatus.Revoking, (await db.Grants.AsNoTracking().SingleAsync(g => g.Id == active, Cancellation)).Status);
    }

    [Fact]
    public async Task End_EverythingWithHold_EndsAllAndHolds_AndASecondTimeChangesNothing()
    {
        await ActiveAsync(World.Alice);
        await ActiveAsync(World.Carol);
        await GrantedAsync(World.ByRule, World.Bob);

        Assert.Equal(new EmergencyEnd(3, true), (await Ending.EndAsync(World.Dana, new EmergencyScope.Everything(), hold: true, "Break-in", Cancellation)).Value);
        Assert.Equal(new EmergencyEnd(0, true), (await Ending.EndAsync(World.Dave, new EmergencyScope.Everything(), hold: true, "Break-in", Cancellation)).Value);

        await using var db = Database.CreateDbContext();
        Assert.Equal(0, await db.Grants.CountAsync(g => g.Status == GrantStatus.Active || g.Status == GrantStatus.Scheduled || g.Status == GrantStatus.Provisioning, Cancellation));
        var hold = await db.Holds.SingleAsync(Cancellation);
        Assert.Equal((HoldCause.Admin, "Break-in", LedgerActor.Of(World.Dana.PersonId)), (hold.Cause, hold.Why, hold.BegunBy));
        Assert.Equal([3, 0], (await FactsAsync(LedgerSubject.Everything)).Select(f => f["grants"]!.GetValue<int>()));
        Assert.True((await new LedgerVerifier(Database).VerifyAsync(null, Cancellation)).IsIntact);
    }

    [Fact]
    public async Task End_ReasonThatIsNone_EndsNothing()
    {
        var active = await ActiveAsync(World.Alice);

        Assert.Equal("ReasonTooLong", (await Ending.EndAsync(World.Dana, new EmergencyScope.Everything(), true, new string('x', 501), Cancellation)).Refusal?.Code);
        Assert.Equal("ScopeUnknown", (await Ending.EndAsync(World.Dana, new EmergencyScope.OfPerson(UuidId.New<PersonId>(Start)), true, "", Cancellation)).Refusal?.Code);

        await using var db = Database.CreateDbContext();
        Assert.Equal(GrantStatus.Active, (await db.Grants.SingleAsync(g => g.Id == active, Cancellation)).Status);
        Assert.Empty(await db.Holds.ToListAsync(Cancellation));
    }

    // As somebody who drops the same access at the same moment: each of them has its end, once.
    [Fact]
    public async Task End_TwoAdminsAtOnce_EachGrantEndsOnce()
    {
        await ActiveAsync(World.Alice);
        await ActiveAsync(World.Carol);

        var both = await Task.WhenAll(
            Ending.EndAsync(World.Dana, new EmergencyScope.Everything(), true, "dana", Cancellation),
            Ending.EndAsync(World.Dave, new EmergencyScope.Everything(), true, "dave", Cancellation));

        Assert.Equal(2, both.Sum(b => b.Value.Grants));
        await using var db = Database.CreateDbContext();
        Assert.Equal(2, await db.LedgerEntries.CountAsync(e => e.Act == LedgerActs.GrantRevoking, Cancellation));
        Assert.Single(await db.Holds.ToListAsync(Cancellation));
    }

    private async Task<GrantId> ActiveAsync(Lapse.Portal.Authentication.Actor person)
    {
        var grant = await GrantedAsync(World.OnePeer, person, World.Bob);
        await ActivateAsync(grant, Start);
        return grant;
    }

    private async Task<List<JsonObject>> FactsAsync(string subject)
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => e.Act == LedgerActs.EmergencyEnded && e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        return [.. entries.Select(e => JsonNode.Parse(e.Content)!.AsObject())];
    }
}

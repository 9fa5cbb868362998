using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A binding that does not become usable in time, and a start that is given back before anything was sent.</summary>
public sealed class NotUsableTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly ReconciliationOptions Quick = new() { LongestBackoff = TimeSpan.FromSeconds(1), VerifyPatience = TimeSpan.FromMilliseconds(200) };

    [Fact]
    public async Task Binding_NotUsableWithinAMinute_IsProvedGoneAndMadeAnewInEveryPart()
    {
        await using var relay = await DenyingRelay.StartAsync(Place.Address);
        await ReachThroughAsync(relay);
        var clock = new ShiftedClock();
        var grant = await ApprovedAsync();
        await StartAsync(Quick, clock);
        var first = await UntilBoundAsync(grant, null);
        Assert.Equal(GrantStatus.Provisioning, first.Status);

        // Within the minute it is only asked again and again.
        clock.Advance(Grant.UsableWithin - TimeSpan.FromSeconds(30));
        await Wait.UntilAsync(async () => (await ReadAsync(grant)) is var now && now.DueAt > clock.GetUtcNow() - TimeSpan.FromSeconds(5) && now.DueAt > first.DueAt, "looked at again", Cancellation);
        Assert.Equal(first.BindingUid, (await ReadAsync(grant)).BindingUid);

        clock.Advance(TimeSpan.FromSeconds(30));
        var second = await UntilBoundAsync(grant, first.BindingUid);

        Assert.Equal(GrantStatus.Provisioning, second.Status);
        Assert.NotEqual(first.ProbeUser, second.ProbeUser);
        Assert.NotEqual(first.Signature, second.Signature);
        Assert.True(second.NotAfter >= first.NotAfter + Grant.UsableWithin - TimeSpan.FromSeconds(1), $"{first.NotAfter} then {second.NotAfter}");
        var found = Assert.IsType<GetBindingResult.Found>(await LookAsync(grant)).Binding;
        Assert.Equal(second.BindingUid, found.Uid);
        Assert.DoesNotContain(found.Subjects, subject => subject.Name == first.ProbeUser);

        relay.Denies = false;
        var active = await UntilAsync(grant, GrantStatus.Active);

        Assert.Equal((second.BindingUid, second.ProbeUser), (active.BindingUid, active.ProbeUser));
        Assert.True(active.EndsAt <= active.NotAfter);
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantPrepared, LedgerActs.GrantActive], await ActsAsync(grant));
    }

    [Fact]
    public async Task Binding_NeverUsable_FailsAsTooLateAndLeavesNothing()
    {
        await using var relay = await DenyingRelay.StartAsync(Place.Address);
        await ReachThroughAsync(relay);
        var clock = new ShiftedClock();
        var grant = await ApprovedAsync();
        await StartAsync(Quick, clock);
        await UntilBoundAsync(grant, null);

        clock.Advance(TimeSpan.FromMinutes(16));

        Assert.Equal(FailureReason.TooLate, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.DoesNotContain(LedgerActs.GrantActive, await ActsAsync(grant));
        await UntilDeniedAsync("oidc:alice");
    }

    [Fact]
    public async Task Drop_WhileProvisioningBeforeAnythingWasSent_EndsWithoutABinding()
    {
        var grant = await ApprovedAsync();
        // As after a first try at which the cluster did not answer.
        await ChangeAsync(grant, (_, row) =>
        {
            row.Begin(DateTimeOffset.UtcNow);
            row.Stumbled("The cluster does not answer.", DateTimeOffset.UtcNow.AddMinutes(5), DateTimeOffset.UtcNow);
        });

        Assert.True((await Ending.DropAsync(Story.Alice, grant.Id, Cancellation)).Succeeded);
        Assert.Equal(GrantStatus.Revoking, (await ReadAsync(grant)).Status);
        await StartAsync();

        var ended = await UntilAsync(grant, GrantStatus.Ended);
        Assert.Equal((EndReason.Dropped, Story.Alice.PersonId, null), (ended.EndReason, ended.EndedBy, ended.CreateSentAt));
        Assert.Equal("no binding by name", (await LedgerAsync(LedgerSubject.Of(grant.Id)))[^1].Content["proof"]!.GetValue<string>());
        Assert.Equal([LedgerActs.GrantRevoking, LedgerActs.GrantEnded], await ActsAsync(grant));
        await AssertNothingThereAsync(grant);
    }

    [Fact]
    public async Task Drop_BetweenTheCheckAndTheAnnouncement_SendsNothing()
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(ReconciliationSteps.Check, grant.Id);
        await StartAsync();
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True((await Ending.DropAsync(Story.Alice, grant.Id, Cancellation)).Succeeded);
        stop.GoOn();

        Assert.Equal(EndReason.Dropped, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.DoesNotContain(LedgerActs.GrantPrepared, await ActsAsync(grant));
        await AssertNothingThereAsync(grant);
    }

    private EndAccess Ending => new(Database, new ActorGuard(TimeProvider.System, new Domain.People.PortalGroups(), new SignInLifetime(TimeSpan.FromHours(8))), TimeProvider.System);

    private async Task AssertNothingThereAsync(Grant grant)
    {
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));
        await using var db = Database.CreateDbContext();
        Assert.Null((await db.AccessRequests.SingleAsync(Cancellation)).OpenKey);
    }

    // The binding is there and known, and is not the one before.
    private async Task<Grant> UntilBoundAsync(Grant grant, string? before)
    {
        await Wait.UntilAsync(async () => (await ReadAsync(grant)).BindingUid is { } uid && uid != before, "a binding", Cancellation);
        return await ReadAsync(grant);
    }

    private async Task ReachThroughAsync(DenyingRelay relay)
    {
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        cluster.Change(new(cluster.Name, cluster.Title, cluster.Environment, relay.Address.Server.AbsoluteUri, relay.Address.CertificateAuthority, CredentialKind.Token, cluster.UserNameClaim, cluster.UserNamePrefix));
        cluster.Seal(Story.Seal(cluster, relay.Address.Credential));
        await db.CommitAsync(Cancellation);
    }
}

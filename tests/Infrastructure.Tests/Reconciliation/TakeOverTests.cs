using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Workers that stop in the middle, and replicas that share the work: no double act, no lost act.</summary>
public sealed class TakeOverTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    public static TheoryData<string> Starts =>
        [ReconciliationSteps.Check, ReconciliationSteps.Prepare, ReconciliationSteps.Create, ReconciliationSteps.Verify, ReconciliationSteps.Activate];

    public static TheoryData<string> Ends =>
        [ReconciliationSteps.End, ReconciliationSteps.Delete, ReconciliationSteps.Prove, ReconciliationSteps.Finish];

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task Worker_StopsAfterAStepOfTheStart_AnotherFinishes(string step)
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(step, grant.Id);
        await StartAsync();
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await Database.ExecuteAsOwnerAsync("UPDATE grants SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL", Cancellation);
        await StartAsync();
        var active = await UntilAsync(grant, GrantStatus.Active);
        await stop.GoOnToTheEndAsync();

        // What the first worker does late changes nothing.
        var found = Assert.IsType<GetBindingResult.Found>(await LookAsync(grant)).Binding;
        var now = await ReadAsync(grant);
        Assert.Equal((GrantStatus.Active, active.BindingUid, active.EndsAt, found.Uid), (now.Status, now.BindingUid, now.EndsAt, now.BindingUid));
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive], await ActsAsync(grant));
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Worker_StopsAfterAStepOfTheEnd_AnotherFinishes(string step)
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(2));
        using var stop = new StopAfter(step, grant.Id);
        await StartAsync();
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await Database.ExecuteAsOwnerAsync("UPDATE grants SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL", Cancellation);
        await StartAsync();
        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        await stop.GoOnToTheEndAsync();

        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded], await ActsAsync(grant));
    }

    [Fact]
    public async Task Grant_RevokedWhileItIsBeingCreated_IsTakenBack()
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(ReconciliationSteps.Create, grant.Id);
        await StartAsync();
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        await ChangeAsync(grant, (_, row) => row.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow));

        // The binding goes at once, although the worker that created it still has the lease.
        await Wait.UntilAsync(async () => await LookAsync(grant) is GetBindingResult.NotFound, "gone", Cancellation);
        await UntilDeniedAsync("oidc:alice");
        // But nothing is called over while the answer to the create is out.
        Assert.Equal(GrantStatus.Revoking, (await ReadAsync(grant)).Status);
        stop.GoOn();
        Assert.Equal(EndReason.Revoked, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.DoesNotContain(LedgerActs.GrantActive, await ActsAsync(grant));
    }

    [Theory]
    [InlineData(ReconciliationSteps.Prepare)]
    [InlineData(ReconciliationSteps.Create)]
    public async Task Replica_StopsInTheMiddle_GivesBackWhatItHolds(string step)
    {
        var grant = await ApprovedAsync();
        using var stop = new StopAfter(step, grant.Id);
        var replica = await ReconcilerReplica.StartAsync(Database);
        await stop.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.NotNull((await ReadAsync(grant)).LeaseOwner);

        var stopping = replica.DisposeAsync().AsTask();
        stop.GoOn();
        await stopping.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        var left = await ReadAsync(grant);
        Assert.True(left.LeaseOwner is null || left.Status == GrantStatus.Active, $"{left.Status} is still held by {left.LeaseOwner}.");
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive], await ActsAsync(grant));
    }

    [Fact]
    public async Task Claim_WithoutACluster_LeavesWhatIsThereForLater()
    {
        var grant = await ApprovedAsync();
        var claims = Create().Get<GrantClaims>();

        var (none, never) = await claims.ClaimAsync(Lane.Start, 5, [grant.ClusterId], Cancellation);
        Assert.Equal((0, null), (none.Count, never));
        var (ends, noEnd) = await claims.ClaimAsync(Lane.End, 5, [], Cancellation);
        Assert.Equal((0, null), (ends.Count, noEnd));
        Assert.Equal([new TakenGrant(grant.Id, grant.ClusterId)], (await claims.ClaimAsync(Lane.Start, 5, [], Cancellation)).Taken);
        // Whoever has it, nobody else gets it, and it is not what anybody wakes for.
        var (again, nothing) = await claims.ClaimAsync(Lane.Start, 5, [], Cancellation);
        Assert.Equal((0, null), (again.Count, nothing));
    }

    [Fact]
    public async Task Claim_OfWhatIsDueLater_SaysWhen()
    {
        var grant = await ApprovedAsync();
        var later = Domain.Text.CanonicalTime.Cut(DateTimeOffset.UtcNow.AddMinutes(3));
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET due_at = '{later:O}'", Cancellation);

        var (taken, next) = await Create().Get<GrantClaims>().ClaimAsync(Lane.Start, 5, [], Cancellation);

        Assert.Empty(taken);
        Assert.Equal(later, next);
        Assert.Null((await ReadAsync(grant)).LeaseOwner);
    }

    [Theory]
    [InlineData("lease_until = NULL")]
    [InlineData("lease_until = now() - interval '1 second'")]
    [InlineData("status = 'Revoking'")]
    public async Task Free_WhatNobodyMayHoldAnyMore_IsFree(string change)
    {
        var grant = await ApprovedAsync();
        var claims = Create().Get<GrantClaims>();
        await claims.ClaimAsync(Lane.Start, 5, [], Cancellation);
        Assert.Equal(0, await claims.FreeOverdueAsync(Cancellation));

        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET {change}", Cancellation);

        Assert.Equal(1, await claims.FreeOverdueAsync(Cancellation));
        Assert.Null((await ReadAsync(grant)).LeaseOwner);
    }

    [Fact]
    public async Task Claim_EndsBeforeWhatIsActive_EachOldestFirst()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, approvals: 0);
        List<Grant> grants = [];
        for (var i = 0; i < 4; i++)
        {
            grants.AddRange((await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants);
            var (status, minutes) = (i < 2 ? "Active" : "Revoking", 10 - i);
            await Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET open_key = NULL; UPDATE grants SET status = '{status}', due_at = now() - interval '{minutes} minutes' WHERE id = '{grants[i].Id}'", Cancellation);
        }
        var claims = Create().Get<GrantClaims>();

        List<Domain.GrantId> order = [];
        for (var i = 0; i < 4; i++) order.Add(Assert.Single((await claims.ClaimAsync(Lane.End, 1, [], Cancellation)).Taken).Id);

        Assert.Equal([grants[2].Id, grants[3].Id, grants[0].Id, grants[1].Id], order);
    }

    [Fact]
    public async Task Lease_OfAReplicaThatIsGone_IsFreedAtOnce()
    {
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET lease_owner = '0badcafe:Start', lease_until = now() + interval '1 hour'", Cancellation);
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Replicas_TwoAtOnce_DoNothingTwice()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, approvals: 0);
        List<Grant> grants = [];
        for (var i = 0; i < 12; i++)
        {
            grants.AddRange((await Story.ApprovedAsync(entry, Rules, Cancellation, TimeSpan.FromSeconds(3))).Grants);
            await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET open_key = NULL", Cancellation);
        }
        await Task.WhenAll(StartAsync(), StartAsync());

        foreach (var grant in grants)
        {
            await UntilAsync(grant, GrantStatus.Ended);
            Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded], await ActsAsync(grant));
        }
        Assert.Empty((await Place.Api.ListBindingsAsync(new([Place.Name], false), Cancellation)).Value.Bindings);
    }

    [Fact]
    public async Task Binding_OfACrashedAttempt_IsAdopted()
    {
        var grant = await ApprovedAsync();
        var (_, uid) = await CrashAfterCreateAsync(grant, "RoleBinding \"standing\"");
        await StartAsync();

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.Equal((uid, "RoleBinding \"standing\""), (active.BindingUid, active.AlreadyHadBy));
    }

    [Fact]
    public async Task Binding_OfACrashedAttempt_WithOtherSubjectsSince_IsDeletedAndMadeAnew()
    {
        var grant = await ApprovedAsync();
        var (spec, uid) = await CrashAfterCreateAsync(grant, null);
        var there = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync(spec.Name, Place.Name, cancellationToken: Cancellation);
        there.Subjects = [.. there.Subjects, new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:mallory" }];
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(there, spec.Name, Place.Name, cancellationToken: Cancellation);
        await StartAsync();

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.NotEqual(uid, active.BindingUid);
        var found = Assert.IsType<GetBindingResult.Found>(await LookAsync(grant)).Binding;
        Assert.Equal(active.BindingUid, found.Uid);
        Assert.DoesNotContain(found.Subjects, subject => subject.ToString().Contains("mallory", StringComparison.Ordinal));
        await UntilDeniedAsync("oidc:mallory");
    }

    // As if a replica had been killed between the create and what it would have recorded about it.
    private async Task<(BindingSpec Spec, string Uid)> CrashAfterCreateAsync(Grant grant, string? alreadyHadBy)
    {
        BindingSpec spec;
        await using (var db = Database.CreateDbContext())
        {
            var facts = await GrantFacts.ReadAsync(db, await db.Grants.AsNoTracking().SingleAsync(Cancellation), Cancellation);
            spec = facts.Spec(BindingProbe.NewName(), DateTimeOffset.UtcNow + grant.Duration + TimeSpan.FromSeconds(50));
        }
        var signature = TestInstallation.BindingKey.Sign(spec);
        await ChangeAsync(grant, (_, row) =>
        {
            row.Begin(DateTimeOffset.UtcNow);
            row.Prepare(spec.Probe, spec.NotAfter, signature, DateTimeOffset.UtcNow);
            row.AlreadyHad(alreadyHadBy);
        });
        return (spec, Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(spec, signature, Cancellation)).Uid);
    }
}

using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Somebody who owns the database prolongs no access: what was signed counts, whatever the rows say.</summary>
public sealed class ProlongTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    private static readonly TimeSpan PastTheSignedEnd = TimeSpan.FromMinutes(32);

    /// <summary>What is done to the rows of an active grant of half an hour.</summary>
    public static TheoryData<string> Longer =>
    [
        "ends_at = ends_at + interval '5 hours', due_at = due_at + interval '5 hours'",
        "ends_at = ends_at + interval '5 hours', due_at = due_at + interval '5 hours', not_after = not_after + interval '5 hours', duration = interval '6 hours'",
        "not_after = NULL, due_at = NULL",
    ];

    [Theory]
    [MemberData(nameof(Longer))]
    public async Task Grant_RowsSayLongerThanTheSignature_EndsWithAnAlert(string set)
    {
        var grant = await ApprovedAsync();
        var replica = await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET {set}", Cancellation);

        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(EndReason.Altered, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.Equal(["Prolonged"], await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
    }

    [Fact]
    public async Task Grant_RowWithoutAnEnd_Ends()
    {
        var grant = await ApprovedAsync();
        var replica = await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET ends_at = NULL, due_at = now() + interval '5 hours'", Cancellation);

        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        await AssertGoneAsync(grant);
    }

    [Fact]
    public async Task Grant_OnlyItsDueTimeMoved_EndsWhenItShould()
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(3));
        var replica = await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET due_at = now() + interval '5 hours' WHERE status = 'Active'", Cancellation);
        await Wait.UntilAsync(async () => (await ReadAsync(grant)).EndsAt < DateTimeOffset.UtcNow, "its time is over", Cancellation);

        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.Empty(await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
    }

    [Fact]
    public async Task Grant_HeldByALivingReplicaForEver_EndsAtItsSignedEnd()
    {
        var grant = await ApprovedAsync();
        var clock = new ShiftedClock();
        var replica = await StartAsync(clock: clock);
        await UntilAsync(grant, GrantStatus.Active);
        await Database.ExecuteAsOwnerAsync(
            $"UPDATE grants SET ends_at = now() + interval '5 years', due_at = NULL, lease_until = now() + interval '5 years', lease_owner = '{replica.Get<GrantClaims>().Owner(Lane.Start)}'",
            Cancellation);

        clock.Advance(PastTheSignedEnd);
        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        Assert.Equal(["Outlived"], await AlertKindsAsync(grant));
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.Alert, LedgerActs.GrantEnded], await ActsAsync(grant));
        await AssertGoneAsync(grant);
    }

    [Theory]
    [InlineData("Provisioning")]
    [InlineData("Revoking")]
    public async Task Grant_StatusAndLeaseFrozen_IsDeletedAtItsSignedEnd(string status)
    {
        var grant = await ActiveWithoutReplicaAsync();
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET status = '{status}', due_at = NULL, lease_owner = '1:Start', lease_until = now() + interval '5 years'", Cancellation);

        // Before that it may be a start or an end on its way.
        await Create().Get<BindingSweep>().RunAsync(Cancellation);
        Assert.IsType<GetBindingResult.Found>(await LookAsync(grant));
        Assert.Empty(await AlertKindsAsync(grant));

        var late = Create(clock: new ShiftedClock(PastTheSignedEnd)).Get<BindingSweep>();
        await late.RunAsync(Cancellation);
        await late.RunAsync(Cancellation);

        Assert.Equal(["Outlived"], await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
    }

    [Fact]
    public async Task Sweeps_ManyAtOnce_SayItOnce()
    {
        var grant = await ActiveWithoutReplicaAsync();
        var late = Enumerable.Range(0, 6).Select(_ => Create(clock: new ShiftedClock(PastTheSignedEnd)).Get<BindingSweep>()).ToList();

        await Task.WhenAll(late.Select(sweep => sweep.RunAsync(Cancellation)));

        Assert.Equal(["Outlived"], await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
    }

    /// <summary>A binding of ours without a live grant, by whatever the rows were made to say.</summary>
    public static TheoryData<string> NotLive =>
    [
        "status = 'Ended', end_reason = 'Expired', ended_at = now(), due_at = NULL",
        "status = 'Failed', failure_reason = 'TooLate', ended_at = now(), due_at = NULL",
        "status = 'Scheduled', due_at = now() + interval '5 years', starts_at = now() + interval '5 years'",
        "namespace = 'elsewhere', due_at = NULL",
    ];

    [Theory]
    [MemberData(nameof(NotLive))]
    public async Task Binding_WhoseGrantIsSaidNotToBeLive_IsDeletedWithAnAlert(string set)
    {
        var grant = await ActiveWithoutReplicaAsync();
        await Database.ExecuteAsOwnerAsync($"UPDATE grants SET {set}", Cancellation);

        await Create().Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(["LeftOver"], await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
    }

    [Fact]
    public async Task Binding_AlteredAndItsGrantSaidToBeOver_IsDeletedAllTheSame()
    {
        var grant = await ActiveWithoutReplicaAsync();
        var binding = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, cancellationToken: Cancellation);
        binding.Subjects.Add(new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:mallory" });
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(binding, binding.Metadata.Name, Place.Name, cancellationToken: Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET status = 'Ended', end_reason = 'Expired', ended_at = now(), due_at = NULL", Cancellation);

        await Create().Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(["LeftOver"], await AlertKindsAsync(grant));
        await AssertGoneAsync(grant);
        await UntilDeniedAsync("oidc:mallory");
    }

    [Fact]
    public async Task Sweep_GrantAsItShouldBe_LeavesItAlone()
    {
        var grant = await ApprovedAsync();
        var replica = await StartAsync();
        var active = await UntilAsync(grant, GrantStatus.Active);

        await replica.Get<BindingSweep>().RunAsync(Cancellation);
        replica.Get<ReconcilerWakes>().Look(grant.Id);
        // Another one's whole life goes through the same lane meanwhile.
        await UntilAsync(await ApprovedAsync(TimeSpan.FromSeconds(1), requester: Story.Carol), GrantStatus.Ended);

        var now = await ReadAsync(grant);
        Assert.Equal((GrantStatus.Active, active.EndsAt, active.EndsAt), (now.Status, now.EndsAt, now.DueAt));
        Assert.Empty(await AlertKindsAsync(grant));
        Assert.True(await MayAsync("oidc:alice"));
    }

    private async Task<Grant> ActiveWithoutReplicaAsync()
    {
        var grant = await ApprovedAsync();
        await using (await ReconcilerReplica.StartAsync(Database)) await UntilAsync(grant, GrantStatus.Active);
        return grant;
    }

    private async Task<List<string>> AlertKindsAsync(Grant grant) => [.. (await AlertsAsync(LedgerSubject.Of(grant.Id))).Select(alert => alert["kind"]!.GetValue<string>())];

    private async Task AssertGoneAsync(Grant grant)
    {
        Assert.IsType<GetBindingResult.NotFound>(await Place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, Cancellation));
        await UntilDeniedAsync("oidc:alice");
    }
}

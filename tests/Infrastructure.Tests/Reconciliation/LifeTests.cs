using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A grant's life without attackers: it begins, works, ends and is gone.</summary>
public sealed class LifeTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    [Fact]
    public async Task Grant_Approved_IsUsableThenExpiresAndIsGone()
    {
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(4));
        Assert.False(await MayAsync("oidc:alice"));
        await StartAsync();

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.True(await MayAsync("oidc:alice"));
        Assert.Equal(active.UsableAt + TimeSpan.FromSeconds(4), active.EndsAt);
        Assert.Null(active.AlreadyHadBy);
        Assert.Null(active.LeaseOwner);
        var found = Assert.IsType<GetBindingResult.Found>(await LookAsync(grant)).Binding;
        Assert.Equal(active.BindingUid, found.Uid);

        var ended = await UntilAsync(grant, GrantStatus.Ended);
        Assert.Equal(EndReason.Expired, ended.EndReason);
        Assert.True(ended.EndedAt >= ended.EndsAt);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));
        Assert.Equal([LedgerActs.GrantPrepared, LedgerActs.GrantActive, LedgerActs.GrantRevoking, LedgerActs.GrantEnded], await ActsAsync(grant));
        await using var db = Database.CreateDbContext();
        Assert.Null((await db.AccessRequests.SingleAsync(Cancellation)).OpenKey);
    }

    [Fact]
    public async Task Grant_WantedLater_StartsThen()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var start = DateTimeOffset.UtcNow.AddSeconds(4);
        await StartAsync();
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, start: start)).Grants[0];

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.True(active.UsableAt >= start);
    }

    [Fact]
    public async Task Grant_RevokedWhileActive_IsGoneAtOnce()
    {
        var grant = await ApprovedAsync();
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);

        await ChangeAsync(grant, (_, row) => row.End(EndReason.Revoked, Story.Bob.PersonId, DateTimeOffset.UtcNow));

        var ended = await UntilAsync(grant, GrantStatus.Ended);
        Assert.Equal((EndReason.Revoked, Story.Bob.PersonId), (ended.EndReason, ended.EndedBy));
        Assert.True(ended.EndedAt < ended.EndsAt);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        await UntilDeniedAsync("oidc:alice");
    }

    [Fact]
    public async Task Grant_DroppedWhileScheduled_NeverReachesTheCluster()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var start = DateTimeOffset.UtcNow.AddSeconds(2);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation, start: start)).Grants[0];
        await ChangeAsync(grant, (_, row) => row.End(EndReason.Dropped, Story.Alice.PersonId, DateTimeOffset.UtcNow));
        await StartAsync();
        // When this one is there, which starts later, the time of the other has come and gone.
        var later = (await Story.ApprovedAsync(entry, Rules, Cancellation, requester: Story.Carol, approvers: [Story.Bob], start: start.AddSeconds(1))).Grants[0];
        await UntilAsync(later, GrantStatus.Active);

        Assert.Equal(GrantStatus.Ended, (await ReadAsync(grant)).Status);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.Empty(await ActsAsync(grant));
    }

    [Fact]
    public async Task Grants_OfTheSameRole_TheFirstEndsTheSecondStays()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        await StartAsync();
        var first = (await Story.ApprovedAsync(entry, Rules, Cancellation, TimeSpan.FromSeconds(3))).Grants[0];
        await UntilAsync(first, GrantStatus.Active);
        // An extension: the same person, role and place, under a request of its own once the first no longer blocks it.
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET open_key = NULL", Cancellation);
        var second = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await UntilAsync(second, GrantStatus.Active);

        await UntilAsync(first, GrantStatus.Ended);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(first));
        Assert.IsType<GetBindingResult.Found>(await LookAsync(second));
        Assert.True(await MayAsync("oidc:alice"));
        Assert.Equal(GrantStatus.Active, (await ReadAsync(second)).Status);
    }

    [Fact]
    public async Task Grant_PersonHasItAnyway_IsSaidAndStillProvedByTheProbe()
    {
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = "standing" }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" }, Subjects = [new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:alice" }] },
            Place.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(() => MayAsync("oidc:alice"), "standing access", Cancellation);
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(3));
        await StartAsync();

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.Contains("standing", active.AlreadyHadBy, StringComparison.Ordinal);
        await UntilAsync(grant, GrantStatus.Ended);
        Assert.True(await MayAsync("oidc:alice"));
    }

    [Theory]
    [InlineData("groups", "oidc:", "edit", true)]
    [InlineData("groups", "oidc:", "view", false)]
    [InlineData("groups", "", "edit", false)]
    [InlineData("", "oidc:", "edit", false)]
    [InlineData("roles", "oidc:", "edit", false)]
    public async Task Grant_PersonsGroupHasItAnyway_IsSaidWhereTheClusterSeesThatGroup(string claim, string prefix, string standing, bool said)
    {
        await Database.ExecuteAsOwnerAsync($"UPDATE clusters SET groups_claim = '{claim}', groups_prefix = '{prefix}'", Cancellation);
        await using (var db = Database.CreateDbContext())
        {
            var cluster = await db.Clusters.SingleAsync(Cancellation);
            cluster.Seal(Story.Seal(cluster, Place.Address.Credential));
            await db.CommitAsync(Cancellation);
        }
        await StandingAsync("team", standing, new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Group", Name = "oidc:developers" });
        // What belongs to Kubernetes itself is never asked with, whatever a token says.
        await StandingAsync("reserved", "edit", new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Group", Name = "system:everybody" });
        await using (var db = Database.CreateDbContext())
            await db.People.Where(p => p.Id == Story.Alice.PersonId).ExecuteUpdateAsync(set => set.SetProperty(p => p.Groups, new[] { "developers", "system:everybody" }), Cancellation);
        var grant = await ApprovedAsync(TimeSpan.FromSeconds(3));
        await StartAsync();

        var active = await UntilAsync(grant, GrantStatus.Active);
        Assert.Equal(said, active.AlreadyHadBy is not null);
        if (said) Assert.StartsWith($"RoleBinding \"team/{Place.Name}\" of ClusterRole \"edit\" to Group \"oidc:developers\", as far as “create ", active.AlreadyHadBy, StringComparison.Ordinal);
        await UntilAsync(grant, GrantStatus.Ended);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.False(await MayAsync("oidc:alice"));
    }

    private async Task StandingAsync(string name, string role, Rbacv1Subject subject)
    {
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = name }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = role }, Subjects = [subject] }, Place.Name, cancellationToken: Cancellation);
        var question = AccessQuestion.For("get", "", "configmaps", namespaceName: Place.Name);
        await Wait.UntilAsync(async () => (await Place.Api.ReviewPersonAsync("somebody", [subject.Name], question, Cancellation)).Value.Allowed, "standing access", Cancellation);
    }

    [Fact]
    public async Task Grant_ByARule_IsProvisionedWithoutApprovals()
    {
        var grant = await ApprovedAsync(approvals: 0);
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Grant_OfTwoNamespaces_AreTwoBindings()
    {
        await using var other = await ControlPlane.NamespaceAsync(Cancellation);
        var entry = await Story.EntryAsync([Place.Name, other.Name], Cancellation, approvals: 2);
        var (request, grants) = await Story.ApprovedAsync(entry, Rules, Cancellation);
        await StartAsync();

        foreach (var grant in grants) await UntilAsync(grant, GrantStatus.Active);
        await ChangeAsync(grants[0], (_, row) => row.End(EndReason.Dropped, null, DateTimeOffset.UtcNow));
        await UntilAsync(grants[0], GrantStatus.Ended);
        Assert.IsType<GetBindingResult.Found>(await LookAsync(grants[1]));
        await using var db = Database.CreateDbContext();
        Assert.NotNull((await db.AccessRequests.SingleAsync(r => r.Id == request.Id, Cancellation)).OpenKey);
    }

    [Fact]
    public async Task End_MovedWhileTheBindingIsLookedAt_IsKeptToTheMoment()
    {
        var grant = await ApprovedAsync();
        var replica = await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);

        using (var looked = new StopAfter(ReconciliationSteps.Inspect, grant.Id))
        {
            replica.Get<ReconcilerWakes>().Look(grant.Id);
            await looked.Reached;
            await Database.ExecuteAsOwnerAsync("UPDATE grants SET ends_at = now() + interval '1 second', due_at = now() + interval '1 second'", Cancellation);
            await looked.GoOnToTheEndAsync();
        }

        Assert.Equal(EndReason.Expired, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
    }
}

using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>What cannot be provisioned fails with its reason, and leaves nothing.</summary>
public sealed class ProvisionFailureTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    [Fact]
    public async Task Provision_ClusterForbidsIt_FailsWithItsWords()
    {
        var token = await Place.ServiceAccountAsync("weak", Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
            new() { Metadata = new() { Name = $"weak-{Place.Name}" }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "view" }, Subjects = [new() { Kind = "ServiceAccount", Name = "weak", NamespaceProperty = Place.Name }] },
            cancellationToken: Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateClusterRoleAsync(
            new() { Metadata = new() { Name = $"look-{Place.Name}" }, Rules = [new() { Verbs = ["get", "list", "watch"], ApiGroups = [BindingKeys.RbacGroup], Resources = ["*"] }, new() { Verbs = ["create"], ApiGroups = ["authorization.k8s.io"], Resources = ["*"] }] },
            cancellationToken: Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
            new() { Metadata = new() { Name = $"look-{Place.Name}" }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = $"look-{Place.Name}" }, Subjects = [new() { Kind = "ServiceAccount", Name = "weak", NamespaceProperty = Place.Name }] },
            cancellationToken: Cancellation);
        await using (var db = Database.CreateDbContext())
        {
            var cluster = await db.Clusters.SingleAsync(Cancellation);
            cluster.Change(new(cluster.Name, cluster.Title, cluster.Environment, cluster.Server, cluster.CertificateAuthority, CredentialKind.Token, cluster.UserNameClaim, cluster.UserNamePrefix));
            cluster.Seal(Story.Seal(cluster, token));
            await db.CommitAsync(Cancellation);
        }
        var grant = await ApprovedAsync();
        await StartAsync();

        var failed = await UntilAsync(grant, GrantStatus.Failed);
        Assert.Equal(FailureReason.Forbidden, failed.FailureReason);
        Assert.Contains("does not let Lapse", failed.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Provision_NamespaceGone_Fails()
    {
        var entry = await Story.EntryAsync(["not-there-at-all"], Cancellation);
        var grant = (await Story.ApprovedAsync(entry, Rules, Cancellation)).Grants[0];
        await StartAsync();

        Assert.Equal(FailureReason.NamespaceGone, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
    }

    [Fact]
    public async Task Provision_RoleGone_Fails()
    {
        var grant = await ApprovedAsync(role: "no-such-role");
        await StartAsync();

        Assert.Equal(FailureReason.RoleGone, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
    }

    [Fact]
    public async Task Provision_TooLate_FailsAndNobodyGetsAccess()
    {
        var grant = await ApprovedAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE grants SET provision_until = now() - interval '1 second'", Cancellation);
        await StartAsync();

        Assert.Equal(FailureReason.TooLate, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
    }

    [Fact]
    public async Task Provision_NameTaken_FailsAndLeavesTheObjectAlone()
    {
        var grant = await ApprovedAsync();
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = BindingKeys.NameOf(grant.Id) }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "view" }, Subjects = [new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:zoe" }] },
            Place.Name, cancellationToken: Cancellation);
        await StartAsync();

        Assert.Equal(FailureReason.NameTaken, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
        Assert.IsType<GetBindingResult.Found>(await LookAsync(grant));
        Assert.Contains(await AlertsAsync(LedgerSubject.Of(grant.Id)), alert => alert["kind"]!.GetValue<string>() == "NameTaken");
    }

    [Fact]
    public async Task Provision_RoleWidened_IsDecidedAnew()
    {
        var role = await RoleAsync("get");
        var entry = await Story.EntryAsync([Place.Name], Cancellation, role, kind: RoleKind.Role);
        var rules = (await Place.Api.ReadRoleAsync(RoleKind.Role, role, Place.Name, Cancellation)).Value;
        var (request, grants) = await Story.ApprovedAsync(entry, rules, Cancellation);
        await SetRulesAsync(role, ["pods"], "get", "delete");
        await StartAsync();

        Assert.Equal(FailureReason.RoleWidened, (await UntilAsync(grants[0], GrantStatus.Failed)).FailureReason);
        await using (var db = Database.CreateDbContext())
        {
            var reopened = await db.AccessRequests.SingleAsync(r => r.Id == request.Id, Cancellation);
            Assert.Equal((RequestStatus.AwaitingApproval, 2), (reopened.Status, reopened.Version));
            Assert.NotNull(reopened.OpenKey);
            // The people approve the wider rules, and now it goes on.
            await Story.ApproveAsync(db, reopened, entry.Entry, entry.Workflow, Story.Carol, Cancellation);
            grants = Grant.Of(reopened, entry.Workflow.ProvisionWithin, DateTimeOffset.UtcNow);
            db.Grants.AddRange(grants);
            await db.CommitAsync(Cancellation);
        }
        await UntilAsync(grants[0], GrantStatus.Active);
    }

    [Fact]
    public async Task Provision_RoleNarrowedAndReordered_GoesOn()
    {
        var role = await RoleAsync("list", "get", "delete");
        var entry = await Story.EntryAsync([Place.Name], Cancellation, role, kind: RoleKind.Role);
        var rules = (await Place.Api.ReadRoleAsync(RoleKind.Role, role, Place.Name, Cancellation)).Value;
        var grant = (await Story.ApprovedAsync(entry, rules, Cancellation)).Grants[0];
        await SetRulesAsync(role, ["pods"], "get", "list");
        await StartAsync();

        await UntilAsync(grant, GrantStatus.Active);
    }

    [Fact]
    public async Task Provision_RequesterDisabled_Fails()
    {
        var grant = await ApprovedAsync();
        await using (var db = Database.CreateDbContext())
        {
            (await db.People.SingleAsync(p => p.Id == Story.Alice.PersonId, Cancellation)).Disable(Story.Bob.PersonId, "", DateTimeOffset.UtcNow);
            await db.CommitAsync(Cancellation);
        }
        await StartAsync();

        Assert.Equal(FailureReason.RequesterNotAllowed, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
    }

    [Fact]
    public async Task Provision_RequesterLostTheGroup_Fails()
    {
        var grant = await ApprovedAsync();
        await using (var db = Database.CreateDbContext())
        {
            (await db.People.SingleAsync(p => p.Id == Story.Alice.PersonId, Cancellation)).Seen("alice", "alice", ["visitors"], DateTimeOffset.UtcNow);
            await db.CommitAsync(Cancellation);
        }
        await StartAsync();

        Assert.Equal(FailureReason.RequesterNotAllowed, (await UntilAsync(grant, GrantStatus.Failed)).FailureReason);
    }

    private async Task<string> RoleAsync(params string[] verbs)
    {
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(new V1Role { Metadata = new() { Name = "pods" }, Rules = [new() { Verbs = verbs, ApiGroups = [""], Resources = ["pods"] }] }, Place.Name, cancellationToken: Cancellation);
        return "pods";
    }

    private Task<V1Role> SetRulesAsync(string role, string[] resources, params string[] verbs) => Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(
        new V1Role { Metadata = new() { Name = role }, Rules = [new() { Verbs = verbs, ApiGroups = [""], Resources = resources }] }, role, Place.Name, cancellationToken: Cancellation);
}

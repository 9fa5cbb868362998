using k8s;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>What Lapse may do in the cluster decides whether it removes a binding itself or sees what an administrator does.</summary>
public sealed class StandingRightsTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : StandingTest(postgres, controlPlane)
{
    [Fact]
    public async Task Rights_OfTheEntry_AreEnoughByRbac()
    {
        await using var rights = await LeastRights.GiveAsync(Place, Cancellation);
        var removal = await ReviewedAsync();
        await SealAsync(rights.Credential);

        await Wait.UntilAsync(async () => (await WorkAsync(removal)).Status == RemovalStatus.Removed, "removed", Cancellation);
    }

    [Fact]
    public async Task Rights_Missing_SaysSoAndSeesWhatSomebodyElseDoes()
    {
        var removal = await ReviewedAsync();
        // All that the entry needs, but nothing may be deleted.
        var account = new PortalAccount(Place.Name, "bare-" + Place.Name);
        var manifests = ClusterRights.Manifests([new([Place.Name], new(RoleKind.ClusterRole, "edit"))], account);
        await Place.ApplyAsync(manifests, Cancellation);
        var credential = await Place.TokenAsync(account.Name, Cancellation);
        await SealAsync(credential);
        using var api = Place.Connect(credential);
        await Wait.UntilAsync(async () => await MissingRights.FindAsync(api, new([Place.Name], new(RoleKind.ClusterRole, "edit")), Cancellation) is { Succeeded: true, Value.Count: 0 }, "rights", Cancellation);
        var role = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleAsync(account.Name, Place.Name, cancellationToken: Cancellation);
        foreach (var rule in role.Rules) rule.Verbs = [.. rule.Verbs.Where(verb => verb != "delete")];
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(role, account.Name, Place.Name, cancellationToken: Cancellation);
        await Wait.UntilAsync(async () => await api.CanIAsync(AccessQuestion.For("delete", BindingKeys.RbacGroup, "rolebindings", Name, Place.Name), Cancellation) is { Value: false }, "no right", Cancellation);

        var now = await WorkAsync(removal);
        Assert.Equal(RemovalStatus.Waiting, now.Status);
        Assert.Contains("delete", now.Message, StringComparison.Ordinal);
        await ThereAsync();

        // As the page shows it to an administrator.
        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(Name, Place.Name, cancellationToken: Cancellation);
        now = await WorkAsync(removal);
        Assert.Equal((RemovalStatus.Removed, true), (now.Status, now.RemovedByHand));
    }

    private async Task SealAsync(ClusterCredential credential)
    {
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        cluster.Change(cluster.Settings() with { CredentialKind = CredentialKind.Token });
        cluster.Seal(Story.Seal(cluster, credential));
        await db.CommitAsync(Cancellation);
    }
}

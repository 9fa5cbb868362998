using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Bindings that somebody else touched: everything is put right towards less access, and nothing is ever put back.</summary>
public sealed class DriftTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    public static TheoryData<string> Changes => ["subject", "annotation", "label", "finalizer"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Binding_ChangedByWhomItServes_IsDeletedAndAlerted(string change)
    {
        var grant = await ApprovedAsync();
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        var binding = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, cancellationToken: Cancellation);
        switch (change)
        {
            case "subject": binding.Subjects.Add(new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:mallory" }); break;
            case "annotation": binding.Metadata.Annotations[BindingKeys.NotAfter] = "2099-01-01T00:00:00Z"; break;
            case "label": binding.Metadata.Labels.Clear(); break;
            case "finalizer": binding.Metadata.Finalizers = ["example.org/hold"]; break;
        }
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(binding, binding.Metadata.Name, Place.Name, cancellationToken: Cancellation);

        if (change == "finalizer")
        {
            // Deleted, but held: it is never said to be gone while it still gives access.
            await Wait.UntilAsync(async () => (await ReadAsync(grant)).LastError?.Contains("example.org/hold", StringComparison.Ordinal) == true, "held", Cancellation);
            Assert.Equal(GrantStatus.Revoking, (await ReadAsync(grant)).Status);
            binding = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync(binding.Metadata.Name, Place.Name, cancellationToken: Cancellation);
            binding.Metadata.Finalizers = [];
            await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(binding, binding.Metadata.Name, Place.Name, cancellationToken: Cancellation);
        }
        var ended = await UntilAsync(grant, GrantStatus.Ended);
        Assert.Equal(EndReason.Altered, ended.EndReason);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.Contains(await AlertsAsync(LedgerSubject.Of(grant.Id)), alert => alert["kind"]!.GetValue<string>() == "Altered");
        await UntilDeniedAsync("oidc:alice");
        await UntilDeniedAsync("oidc:mallory");
    }

    [Fact]
    public async Task Binding_DeletedByAnAdministrator_StaysDeleted()
    {
        var grant = await ApprovedAsync();
        var replica = await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);

        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, cancellationToken: Cancellation);

        Assert.Equal(EndReason.RemovedOutsideLapse, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
        // Lapse looks at everything and gives somebody else access meanwhile, and still does not put it back.
        var other = await ApprovedAsync(requester: Story.Carol);
        await UntilAsync(other, GrantStatus.Active);
        await replica.Get<BindingSweep>().RunAsync(Cancellation);
        Assert.IsType<GetBindingResult.NotFound>(await LookAsync(grant));
        Assert.Single(await ActsAsync(grant), act => act == LedgerActs.GrantPrepared);
    }

    [Fact]
    public async Task Binding_DeletedWhileNobodyWatched_IsNoticedBySweep()
    {
        var grant = await ApprovedAsync();
        await using (await ReconcilerReplica.StartAsync(Database)) await UntilAsync(grant, GrantStatus.Active);
        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync(BindingKeys.NameOf(grant.Id), Place.Name, cancellationToken: Cancellation);

        var replica = await StartAsync();
        await replica.Get<BindingSweep>().RunAsync(Cancellation);

        Assert.Equal(EndReason.RemovedOutsideLapse, (await UntilAsync(grant, GrantStatus.Ended)).EndReason);
    }

    [Fact]
    public async Task ForeignObject_WithOurLabel_StaysAndIsReportedOnce()
    {
        await Story.EntryAsync([Place.Name], Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new()
            {
                Metadata = new() { Name = "theirs", Labels = new Dictionary<string, string> { [BindingKeys.ManagedBy] = BindingKeys.ManagedByLapse } },
                RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "view" },
                Subjects = [new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = "oidc:zoe" }],
            },
            Place.Name, cancellationToken: Cancellation);
        var sweep = Create().Get<BindingSweep>();

        await sweep.RunAsync(Cancellation);
        await sweep.RunAsync(Cancellation);

        Assert.IsType<GetBindingResult.Found>(await Place.Api.GetBindingAsync("theirs", Place.Name, Cancellation));
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(Story.Cluster.Id)));
        Assert.Equal(("ForeignObject", "theirs"), (alert["kind"]!.GetValue<string>(), alert["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task LeftOver_SignedByUsWithoutALiveGrant_IsDeletedAndAlerted()
    {
        await Story.EntryAsync([Place.Name], Cancellation);
        var spec = Kubernetes.TestBindings.Spec(Place.Name);
        Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(spec, TestInstallation.BindingKey.Sign(spec), Cancellation));
        var forged = Kubernetes.TestBindings.Spec(Place.Name);
        Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(forged, Kubernetes.TestBindings.Sign(forged), Cancellation));

        await Create().Get<BindingSweep>().RunAsync(Cancellation);

        Assert.IsType<GetBindingResult.NotFound>(await Place.Api.GetBindingAsync(spec.Name, Place.Name, Cancellation));
        Assert.IsType<GetBindingResult.Found>(await Place.Api.GetBindingAsync(forged.Name, Place.Name, Cancellation));
        Assert.Equal(["ForeignObject", "LeftOver"], (await AlertsAsync(LedgerSubject.Of(Story.Cluster.Id))).Select(a => a["kind"]!.GetValue<string>()).Order());
    }
}

using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>What appeared in a grant's scope while its binding was there, as far as it can be seen; and what cannot be seen is said.</summary>
public sealed class LeftBehindTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    [Fact]
    public async Task Look_ThingsThatAppeared_AreNamedOnceAndAlerted()
    {
        var grant = await ActiveAsync();
        await MakeThingsAsync();
        // Lapse's own are not among them.
        var other = await ActiveAsync("view");
        await EndAsync(grant);

        var left = await LookedAsync(grant);
        // Older clusters make a token for each ServiceAccount by themselves; that appeared, too.
        var named = left.Objects.Select(one => $"{one.Kind} {one.Name}").Where(one => !one.StartsWith("Secret kept-token-", StringComparison.Ordinal));
        Assert.Equal(["RoleBinding kept", "Secret kept-token", "ServiceAccount kept"], named.Order(StringComparer.Ordinal));
        Assert.Equal(left.Objects.Count, left.Count);
        Assert.All(left.Objects, one => Assert.True(one.Namespace == Place.Name && one.Uid.Length > 0 && one.CreatedAt >= left.Since && one.CreatedAt <= left.Until));
        Assert.Equal(["Short-lived tokens"], left.NotLooked.Select(not => not.Kind));
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.Equal("LeftBehind", alert["kind"]!.GetValue<string>());
        Assert.Equal(GrantStatus.Active, (await ReadAsync(other)).Status);

        await Create().Get<LeftBehindLook>().RunAsync(Cancellation);
        Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.NotNull((await ReadAsync(grant)).LookedAfterAt);
    }

    [Fact]
    public async Task Look_NothingAppeared_SaysSoWithoutAnAlert()
    {
        var grant = await ActiveAsync();
        await EndAsync(grant);

        Assert.Equal(0, (await LookedAsync(grant)).Count);
        Assert.Empty(await AlertsAsync(LedgerSubject.Of(grant.Id)));
    }

    [Fact]
    public async Task Look_ClusterWide_FindsClusterRoleBindingsAndCertificateRequestsAndNoneFromBefore()
    {
        var entry = await Story.EntryAsync([], Cancellation, role: "view");
        var grant = (await Story.ApprovedAsync(entry, (await Place.Api.ReadRoleAsync(Domain.Catalogue.RoleKind.ClusterRole, "view", null, Cancellation)).Value, Cancellation, TimeSpan.FromMinutes(10))).Grants[0];
        await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        await Place.Client.RbacAuthorizationV1.CreateClusterRoleBindingAsync(
            new V1ClusterRoleBinding { Metadata = new() { Name = $"kept-{Place.Name}" }, RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "view" } }, cancellationToken: Cancellation);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Place.Client.CertificatesV1.CreateCertificateSigningRequestAsync(
            new V1CertificateSigningRequest
            {
                Metadata = new() { Name = $"kept-{Place.Name}" },
                Spec = new() { Request = Encoding.ASCII.GetBytes(new CertificateRequest("CN=kept", key, HashAlgorithmName.SHA256).CreateSigningRequestPem()), SignerName = "kubernetes.io/kube-apiserver-client", Usages = ["client auth"] },
            },
            cancellationToken: Cancellation);
        await EndAsync(grant);

        var left = await LookedAsync(grant);
        await Place.Client.CertificatesV1.DeleteCertificateSigningRequestAsync($"kept-{Place.Name}", cancellationToken: Cancellation);
        Assert.Contains(left.Objects, one => one.Kind == "CertificateSigningRequest" && one.Name == $"kept-{Place.Name}");
        Assert.Contains(left.Objects, one => one.Kind == "ClusterRoleBinding" && one.Name == $"kept-{Place.Name}");
        Assert.DoesNotContain(left.Objects, one => one.Name.StartsWith("system:", StringComparison.Ordinal) || one.Name == "cluster-admin");
        Assert.DoesNotContain(left.NotLooked, not => not.Kind is "Bindings" or "ServiceAccounts" or "Certificate requests");
    }

    [Fact]
    public async Task Look_WithTheGeneratedRights_SeesAllButSecretsAndSaysSo()
    {
        await using var rights = await LeastRights.GiveAsync(Place, Cancellation, AuditRights.None);
        var seen = await rights.Api.ListServiceAccountsAsync(Place.Name, Cancellation);
        Assert.Contains(seen.Value, one => one.Name == rights.Account.Name);
        Assert.True((await rights.Api.ListBindingsInAsync(Place.Name, Cancellation)).Succeeded);
        Assert.Null((await rights.Api.ListTokenSecretsAsync(Place.Name, Cancellation)).Value);
        // Elsewhere it does not see them, and in the whole cluster neither.
        Assert.Equal(ClusterFailureKind.Forbidden, (await rights.Api.ListServiceAccountsAsync("kube-system", Cancellation)).Failure?.Kind);
        Assert.Equal(ClusterFailureKind.Forbidden, (await rights.Api.ListCertificateRequestsAsync(Cancellation)).Failure?.Kind);

        var grant = await ActiveAsync();
        await MakeThingsAsync();
        await EndAsync(grant);
        await SealAsync(rights.Credential);
        var left = await LookedAsync(grant);
        Assert.Equal(["RoleBinding kept", "ServiceAccount kept"], left.Objects.Select(one => $"{one.Kind} {one.Name}").Order(StringComparer.Ordinal));
        Assert.Equal(["Secrets with tokens", "Short-lived tokens"], left.NotLooked.Select(not => not.Kind));
    }

    [Fact]
    public async Task Look_RightsThatAreMissing_IsNeverTakenForNothing()
    {
        var bare = await Place.ServiceAccountAsync("bare", Cancellation);
        var grant = await ActiveAsync();
        await EndAsync(grant);
        await SealAsync(bare);

        var left = await LookedAsync(grant);
        Assert.Equal(0, left.Count);
        Assert.Equal(["Bindings", "ServiceAccounts", "Secrets with tokens", "Short-lived tokens"], left.NotLooked.Select(not => not.Kind));
        Assert.Equal("the cluster does not let Lapse list them", left.NotLooked[0].Why);
    }

    [Fact]
    public async Task Look_ClusterDoesNotAnswer_IsAskedAgainAndThenSaidThatItCouldNotBe()
    {
        var grant = await ActiveAsync();
        await EndAsync(grant);
        await SealAsync(Place.Address.Credential, "https://127.0.0.1:1/");
        await Create().Get<LeftBehindLook>().RunAsync(Cancellation);
        Assert.Null((await ReadAsync(grant)).LookedAfterAt);

        await Database.ExecuteAsOwnerAsync("UPDATE grants SET ended_at = ended_at - interval '20 minutes'", Cancellation);
        var left = await LookedAsync(grant);
        Assert.Equal((0, "Everything"), (left.Count, Assert.Single(left.NotLooked).Kind));
        Assert.Empty(await AlertsAsync(LedgerSubject.Of(grant.Id)));
    }

    private async Task<Grant> ActiveAsync(string role = "edit")
    {
        await UntilOlderAsync();
        var grant = await ApprovedAsync(TimeSpan.FromMinutes(10), role: role);
        _replica ??= await StartAsync();
        await UntilAsync(grant, GrantStatus.Active);
        return grant;
    }

    // What was there before must be told from what appeared, and the API server's times are whole seconds: the namespace's own
    // ServiceAccount, which a controller makes, and its token come a moment after the namespace.
    private Task UntilOlderAsync() => Wait.UntilAsync(
        async () =>
        {
            AppearedObject[] there = [.. (await Place.Api.ListServiceAccountsAsync(Place.Name, Cancellation)).Value, .. (await Place.Api.ListTokenSecretsAsync(Place.Name, Cancellation)).Value!];
            var bindings = (await Place.Api.ListBindingsInAsync(Place.Name, Cancellation)).Value.Bindings.Where(one => !BindingKeys.IsBindingName(one.Name)).Select(one => one.CreatedAt!.Value);
            return there.Any(one => one.Name == "default") && there.Select(one => one.CreatedAt).Concat(bindings).All(at => at < DateTimeOffset.UtcNow.AddSeconds(-3));
        },
        "everything is from before", Cancellation);

    private ReconcilerReplica? _replica;

    private async Task EndAsync(Grant grant)
    {
        await ChangeAsync(grant, (_, row) => { row.End(EndReason.Dropped, null, DateTimeOffset.UtcNow); row.Release(DateTimeOffset.UtcNow); });
        await UntilAsync(grant, GrantStatus.Ended);
    }

    private async Task<LeftBehind> LookedAsync(Grant grant)
    {
        await Create().Get<LeftBehindLook>().RunAsync(Cancellation);
        var said = Assert.Single(await LedgerAsync(LedgerSubject.Of(grant.Id)), entry => entry.Act == LedgerActs.GrantLookedAfter).Content;
        return LeftBehind.Read(said)!;
    }

    private async Task MakeThingsAsync()
    {
        await Place.Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "kept" } }, Place.Name, cancellationToken: Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new V1RoleBinding { Metadata = new() { Name = "kept" }, RoleRef = new() { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = "view" }, Subjects = [new() { Kind = "ServiceAccount", Name = "kept", NamespaceProperty = Place.Name }] }, Place.Name, cancellationToken: Cancellation);
        await Place.Client.CoreV1.CreateNamespacedSecretAsync(
            new V1Secret { Metadata = new() { Name = "kept-token", Annotations = new Dictionary<string, string> { ["kubernetes.io/service-account.name"] = "kept" } }, Type = "kubernetes.io/service-account-token" }, Place.Name, cancellationToken: Cancellation);
        await Place.Client.CoreV1.CreateNamespacedSecretAsync(new V1Secret { Metadata = new() { Name = "plain" } }, Place.Name, cancellationToken: Cancellation);
    }

    // Another credential or address for the cluster, sealed as an admin's change would.
    private async Task SealAsync(ClusterCredential credential, string? server = null)
    {
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        if (server is not null) cluster.Change(cluster.Settings() with { Server = server });
        cluster.Seal(Story.Seal(cluster, credential));
        await db.CommitAsync(Cancellation);
    }
}

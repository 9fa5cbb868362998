using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Kubernetes;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>The sign that the reaper leaves, on a control plane of its own: every portal of a cluster looks at the same object.</summary>
public sealed class ReaperWatchTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly PortalAccount ReaperAccount = new(ReaperSign.Namespace, "lapse-reaper");

    [Fact]
    public async Task Reaper_RunsFailsFallsSilentAndIsTakenAway_IsSeenAndAlertedOnceEach()
    {
        using var folder = new ScratchFolder();
        await using var cluster = await ControlPlane.StartAsync(new() { DataFolder = folder.Path }, Cancellation);
        using var client = cluster.CreateClient();
        var address = KubeconfigReader.Read(await File.ReadAllTextAsync(cluster.KubeconfigFile, Cancellation)).Value;
        await ApplyAsync(client, [.. ClusterRights.Manifests([], PortalAccount.Default), new V1Namespace { Metadata = new() { Name = ReaperSign.Namespace } }]);
        var portal = address with { Credential = await TokenAsync(client, PortalAccount.Default) };
        var story = await Story.BeginAsync(Database, portal, Cancellation);
        await using var replica = ReconcilerReplica.Create(Database);

        Assert.Equal(ReaperState.None, (await LookAsync(replica)).Reaper);

        await ApplyAsync(client, [.. ClusterRights.ReaperManifests(ReaperAccount), .. ClusterRights.ReaperSignManifests(ReaperAccount, PortalAccount.Default)]);
        await Wait.UntilAsync(async () => (await LookAsync(replica)).Reaper == ReaperState.Working, "the portal may look", Cancellation);
        using var own = new ClusterApi(new(address with { Credential = await TokenAsync(client, ReaperAccount) }, ControlPlaneFixture.Outbound), TimeProvider.System);
        await Wait.UntilAsync(async () => (await own.ListAllBindingsAsync(Cancellation)).Succeeded, "the reaper may list", Cancellation);
        var clean = await new Reaper(own, [TestBindings.Key], TimeSpan.FromHours(12)).RunAsync(Cancellation);
        await Wait.UntilAsync(async () => await own.LeaveReaperSignAsync(clean.IsClean, clean.Words, clean.Now, Cancellation) is null, "the reaper may leave its sign", Cancellation);
        var working = await LookAsync(replica);
        Assert.Equal((ReaperState.Working, clean.Now, ""), (working.Reaper, working.ReaperRanAt, working.ReaperMessage));

        Assert.Null(await own.LeaveReaperSignAsync(false, "1 binding looked at, left: lapse-x.", clean.Now, Cancellation));
        var failing = await LookAsync(replica);
        Assert.Equal((ReaperState.Failing, "1 binding looked at, left: lapse-x."), (failing.Reaper, failing.ReaperMessage));
        await LookAsync(replica);

        Assert.Null(await own.LeaveReaperSignAsync(true, "", clean.Now!.Value.AddMinutes(-6), Cancellation));
        var silent = await LookAsync(replica);
        Assert.Equal(ReaperState.Silent, silent.Reaper);
        Assert.Equal((ClusterState.Degraded, true), ((await LookAsync(replica)).State, (await LookAsync(replica)).Message.Contains("Its reaper does not run.", StringComparison.Ordinal)));
        Assert.Null(await own.LeaveReaperSignAsync(true, "", clean.Now, Cancellation));
        Assert.Equal(ReaperState.Working, (await LookAsync(replica)).Reaper);
        Assert.Equal(ClusterState.Healthy, (await LookAsync(replica)).State);

        // Whoever takes the whole reaper away is seen too: one was here.
        await client.CoordinationV1.DeleteNamespacedLeaseAsync(ReaperSign.Name, ReaperSign.Namespace, cancellationToken: Cancellation);
        Assert.Equal(ReaperState.Silent, (await LookAsync(replica)).Reaper);

        await using var db = Database.CreateDbContext();
        var subject = LedgerSubject.Of(story.Cluster.Id);
        var alerts = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject && e.Act == LedgerActs.Alert).OrderBy(e => e.Sequence).Select(e => e.Content).ToListAsync(Cancellation);
        Assert.Equal([ReaperWatch.FailingAlert, ReaperWatch.SilentAlert, ReaperWatch.SilentAlert], alerts.Select(content => JsonNode.Parse(Encoding.UTF8.GetString(content))!["kind"]!.GetValue<string>()));

        // The least rights: of all that could be done to leases, the reaper changes this one, and the portal only looks.
        using var reaperClient = cluster.CreateClient((await TokenAsync(client, ReaperAccount)).Value);
        using var portalClient = cluster.CreateClient(((ClusterCredential.Token)portal.Credential).Value);
        foreach (var (who, verb, name, may) in new[]
        {
            (reaperClient, "patch", ReaperSign.Name, true), (reaperClient, "patch", "another", false), (reaperClient, "create", "", false), (reaperClient, "delete", ReaperSign.Name, false), (reaperClient, "get", ReaperSign.Name, false),
            (portalClient, "get", ReaperSign.Name, true), (portalClient, "get", "another", false), (portalClient, "list", "", false), (portalClient, "patch", ReaperSign.Name, false), (portalClient, "create", "", false),
        })
        {
            var review = new V1SelfSubjectAccessReview { Spec = new() { ResourceAttributes = new() { Verb = verb, Group = "coordination.k8s.io", Resource = "leases", Name = name, NamespaceProperty = ReaperSign.Namespace } } };
            Assert.Equal((verb, name, may), (verb, name, (await who.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(review, cancellationToken: Cancellation)).Status.Allowed));
        }
    }

    private async Task<ClusterHealth> LookAsync(ReconcilerReplica replica)
    {
        await replica.Services.GetServices<IHostedService>().OfType<ClusterProber>().Single().ProbeAsync((await replica.Get<RegisteredClusters>().ReadAsync(Cancellation)).Single(), Cancellation);
        await using var db = Database.CreateDbContext();
        return await db.ClusterHealth.AsNoTracking().SingleAsync(Cancellation);
    }

    private static async Task<ClusterCredential.Token> TokenAsync(k8s.Kubernetes client, PortalAccount account)
    {
        var request = new Authenticationv1TokenRequest { Spec = new() { Audiences = [], ExpirationSeconds = 7200 } };
        return new((await client.CoreV1.CreateNamespacedServiceAccountTokenAsync(request, account.Name, account.Namespace, cancellationToken: Cancellation)).Status.Token);
    }

    private static async Task ApplyAsync(k8s.Kubernetes client, IEnumerable<IKubernetesObject<V1ObjectMeta>> objects)
    {
        var rbac = client.RbacAuthorizationV1;
        foreach (var one in objects)
        {
            Task creation = one switch
            {
                V1Namespace place => client.CoreV1.CreateNamespaceAsync(place, cancellationToken: Cancellation),
                V1ServiceAccount account => client.CoreV1.CreateNamespacedServiceAccountAsync(account, account.Metadata.NamespaceProperty, cancellationToken: Cancellation),
                V1ConfigMap map => client.CoreV1.CreateNamespacedConfigMapAsync(map, map.Metadata.NamespaceProperty, cancellationToken: Cancellation),
                V1Lease lease => client.CoordinationV1.CreateNamespacedLeaseAsync(lease, lease.Metadata.NamespaceProperty, cancellationToken: Cancellation),
                V1ClusterRole role => rbac.CreateClusterRoleAsync(role, cancellationToken: Cancellation),
                V1ClusterRoleBinding binding => rbac.CreateClusterRoleBindingAsync(binding, cancellationToken: Cancellation),
                V1Role role => rbac.CreateNamespacedRoleAsync(role, role.Metadata.NamespaceProperty, cancellationToken: Cancellation),
                V1RoleBinding binding => rbac.CreateNamespacedRoleBindingAsync(binding, binding.Metadata.NamespaceProperty, cancellationToken: Cancellation),
                _ => throw new ArgumentException($"Tests create no {one.Kind}.", nameof(objects)),
            };
            await creation;
        }
    }
}

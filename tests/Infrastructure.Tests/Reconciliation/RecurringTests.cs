using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Quartz;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>What is done over and over: timeouts, looks at clusters, tokens.</summary>
public sealed class RecurringTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    [Fact]
    public async Task Timeouts_DraftAndQuestionTooOld_EndThemAndNothingElse()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var (waiting, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        var (approved, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, requester: Story.Bob, approvers: [Story.Carol]);
        var (fresh, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, requester: Story.Carol, approvers: []);
        var draft = AccessRequest.Draft(new(TimeSpan.FromMinutes(5), null, "Why", ""), entry.Entry, entry.Workflow, Rules, Story.Alice.PersonId, "oidc:alice", DateTimeOffset.UtcNow);
        await using (var db = Database.CreateDbContext())
        {
            db.AccessRequests.Add(draft);
            await db.CommitAsync(Cancellation);
        }
        await Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET expires_at = now() - interval '1 second' WHERE id <> '{fresh.Id}'", Cancellation);
        var timeouts = Create().Get<RequestTimeouts>();

        Assert.Equal(2, await timeouts.RunAsync(Cancellation));
        Assert.Equal(0, await timeouts.RunAsync(Cancellation));

        Assert.Equal(
            [RequestStatus.TimedOut, RequestStatus.Approved, RequestStatus.AwaitingApproval, RequestStatus.Withdrawn],
            [await StatusAsync(waiting), await StatusAsync(approved), await StatusAsync(fresh), await StatusAsync(draft)]);
        Assert.Equal([LedgerActs.RequestTimedOut], (await LedgerAsync(LedgerSubject.Of(waiting.Id))).Select(e => e.Act));
        Assert.Equal([LedgerActs.RequestWithdrawn], (await LedgerAsync(LedgerSubject.Of(draft.Id))).Select(e => e.Act));
    }

    [Fact]
    public async Task Jobs_OnAScheduler_RunByThemselves()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        var (waiting, _) = await Story.ApprovedAsync(entry, Rules, Cancellation, approvers: []);
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET expires_at = now() - interval '1 second'", Cancellation);
        var spec = Kubernetes.TestBindings.Spec(Place.Name);
        Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(spec, TestInstallation.BindingKey.Sign(spec), Cancellation));

        var scheduler = await Create().Get<ISchedulerFactory>().GetScheduler(Cancellation);
        await scheduler.Start(Cancellation);

        await Wait.UntilAsync(async () => await StatusAsync(waiting) == RequestStatus.TimedOut, "timed out", Cancellation);
        await Wait.UntilAsync(async () => await Place.Api.GetBindingAsync(spec.Name, Place.Name, Cancellation) is GetBindingResult.NotFound, "swept", Cancellation);
        await scheduler.Shutdown(waitForJobsToComplete: true, Cancellation);
    }

    [Fact]
    public async Task Prober_ClusterAnswers_KeepsHealthAndRoles()
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation);
        await StartAsync();

        await Wait.UntilAsync(async () => (await HealthAsync())?.State == ClusterState.Healthy, "healthy", Cancellation);
        await Wait.UntilAsync(async () => await SnapshotAsync() is not null, "roles", Cancellation);
        Assert.StartsWith("v1.", (await HealthAsync())!.ServerVersion, StringComparison.Ordinal);
        Assert.Equal(Rules.ToCanonicalJson(), (await SnapshotAsync())!.Rules);
        Assert.Equal("edit", entry.Entry.RoleName);
    }

    [Fact]
    public async Task Prober_ClusterAnswersAgain_IsSweptAtOnceAndNotWithEachLook()
    {
        await Story.EntryAsync([Place.Name], Cancellation);
        var replica = Create();
        await ProbeAsync(replica);
        await Database.ExecuteAsOwnerAsync("UPDATE cluster_health SET state = 'Unreachable'", Cancellation);
        var spec = Kubernetes.TestBindings.Spec(Place.Name);
        Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(spec, TestInstallation.BindingKey.Sign(spec), Cancellation));

        // Neither the watch nor the job of each minute runs here.
        await ProbeAsync(replica);

        Assert.IsType<GetBindingResult.NotFound>(await Place.Api.GetBindingAsync(spec.Name, Place.Name, Cancellation));
        Assert.Equal("LeftOver", Assert.Single(await AlertsAsync(LedgerSubject.Of(Story.Cluster.Id)))["kind"]!.GetValue<string>());
        var another = Kubernetes.TestBindings.Spec(Place.Name);
        Assert.IsType<CreateBindingResult.Created>(await Place.Api.CreateBindingAsync(another, TestInstallation.BindingKey.Sign(another), Cancellation));
        await ProbeAsync(replica);
        Assert.IsType<GetBindingResult.Found>(await Place.Api.GetBindingAsync(another.Name, Place.Name, Cancellation));
    }

    [Fact]
    public async Task Prober_SandboxClusterIsBeingBuilt_SaysHowFar()
    {
        using var folder = new ScratchFolder();
        var file = Path.Combine(folder.Path, "cluster-status.json");
        ClusterStatus.Starting("Building kube-apiserver", 42).Write(file);
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET sealed_credential = ''", Cancellation);
        await using var replica = ReconcilerReplica.Create(Database, settings: new Dictionary<string, string?> { ["Lapse:Mode"] = "Sandbox", ["Lapse:ClusterStatusFile"] = file });

        await ProbeAsync(replica);

        var health = await HealthAsync();
        Assert.Equal((ClusterState.Starting, "Building kube-apiserver", 42), (health!.State, health.Message, health.Percent));
        // Outside the sandbox such a file means nothing.
        await using var real = ReconcilerReplica.Create(Database, settings: new Dictionary<string, string?> { ["Lapse:ClusterStatusFile"] = file });
        await ProbeAsync(real);
        Assert.Equal(ClusterState.Unreachable, (await HealthAsync())!.State);
    }

    [Fact]
    public async Task Prober_RuleTakenFromLapsesRole_IsDegradedWithThatRuleUntilItIsBack()
    {
        await Story.EntryAsync([Place.Name], Cancellation);
        var account = await LimitedAccountAsync();
        // Asks with each look.
        var eager = Create(new ReconciliationOptions { RightsInterval = TimeSpan.Zero, MissingRightsInterval = TimeSpan.Zero });
        await UntilStateAsync(eager, ClusterState.Healthy);
        var role = await Place.Client.RbacAuthorizationV1.ReadNamespacedRoleAsync(account.Name, Place.Name, cancellationToken: Cancellation);
        var bind = role.Rules.Single(rule => rule.Verbs.Contains("bind"));

        role.Rules.Remove(bind);
        role = await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(role, account.Name, Place.Name, cancellationToken: Cancellation);
        var degraded = await UntilStateAsync(eager, ClusterState.Degraded);
        var missing = Assert.Single(degraded.Missing);
        Assert.Equal((Place.Name, $"bind clusterroles edit in {Place.Name}"), (missing.Namespace, missing.Words));
        Assert.Equal(["edit"], Assert.Single(KubernetesYaml.Deserialize<List<V1PolicyRule>>(missing.RuleYaml)).ResourceNames);
        Assert.Equal($"Lapse lacks rights there: {missing.Words}.", degraded.Message);
        // Whoever does not ask goes by what is known.
        await ProbeAsync(Create());
        Assert.Equal(ClusterState.Degraded, (await HealthAsync())!.State);

        role.Rules.Add(bind);
        await Place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleAsync(role, account.Name, Place.Name, cancellationToken: Cancellation);
        var healthy = await UntilStateAsync(eager, ClusterState.Healthy);
        Assert.Empty(healthy.Missing);
        Assert.Equal("", healthy.Message);
    }

    [Fact]
    public async Task Prober_Rights_AreAskedSeldom_ButAtOnceWhenTheCatalogueChanged()
    {
        await Story.EntryAsync([Place.Name], Cancellation);
        await LimitedAccountAsync();
        var eager = Create(new ReconciliationOptions { RightsInterval = TimeSpan.Zero, MissingRightsInterval = TimeSpan.Zero });
        await UntilStateAsync(eager, ClusterState.Healthy);
        var asked = (await HealthAsync())!.RightsCheckedAt;

        await ProbeAsync(Create());
        Assert.Equal(asked, (await HealthAsync())!.RightsCheckedAt);
        await Story.EntryAsync([Place.Name], Cancellation, role: "admin");
        await ProbeAsync(Create());

        var health = (await HealthAsync())!;
        Assert.Equal((ClusterState.Degraded, $"bind clusterroles admin in {Place.Name}"), (health.State, Assert.Single(health.Missing).Words));
    }

    [Fact]
    public async Task Prober_TokenThatCannotBeRenewed_IsAMissingRule()
    {
        var account = await LimitedAccountAsync();
        var eager = Create(new ReconciliationOptions { RightsInterval = TimeSpan.Zero, MissingRightsInterval = TimeSpan.Zero });
        await UntilStateAsync(eager, ClusterState.Healthy);
        await Place.Client.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync($"{account.Name}-token", Place.Name, cancellationToken: Cancellation);

        Assert.Equal($"create serviceaccounts/token {account.Name} in {Place.Name}", Assert.Single((await UntilStateAsync(eager, ClusterState.Degraded)).Missing).Words);
    }

    [Theory]
    [InlineData(150, "Its clock is 2 minutes behind.")]
    [InlineData(-150, "Its clock is 2 minutes ahead.")]
    [InlineData(10, null)]
    public async Task Prober_ClockOfTheClusterIsOff_IsDegradedAndSaysHowFar(int seconds, string? words)
    {
        await using var replica = ReconcilerReplica.Create(Database, clock: new ShiftedClock(TimeSpan.FromSeconds(seconds)));

        await ProbeAsync(replica);

        var health = (await HealthAsync())!;
        Assert.Equal(words is null ? ClusterState.Healthy : ClusterState.Degraded, health.State);
        Assert.StartsWith(words ?? "", health.Message, StringComparison.Ordinal);
    }

    // Lapse with exactly the rights of the catalogue as it is now, as a cluster is registered.
    private async Task<PortalAccount> LimitedAccountAsync()
    {
        var account = new PortalAccount(Place.Name, $"portal-{Place.Name}");
        await using var db = Database.CreateDbContext();
        var entries = (await db.ElevatedRoleVersions.ToListAsync(Cancellation)).Select(e => new ClusterRightsEntry(e.Namespaces, e.Role));
        await Place.ApplyAsync(ClusterRights.Manifests(entries, account), Cancellation);
        var row = await db.Clusters.SingleAsync(Cancellation);
        row.Change(row.Settings() with { CredentialKind = CredentialKind.Token });
        row.Seal(await Place.TokenAsync(account.Name, Cancellation), TestInstallation.Sealer);
        await db.CommitAsync(Cancellation);
        return account;
    }

    // The API server hears of changed roles in its own time.
    private async Task<ClusterHealth> UntilStateAsync(ReconcilerReplica replica, ClusterState state)
    {
        ClusterHealth? health = null;
        await Wait.UntilAsync(
            async () =>
            {
                await ProbeAsync(replica);
                return (health = await HealthAsync())!.State == state;
            },
            state.ToString(), Cancellation);
        return health!;
    }

    private sealed class ShiftedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    [Fact]
    public async Task Connections_RowChangedBehindLapsesBack_LeadNowhere()
    {
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET server = 'https://127.0.0.1:1/'", Cancellation);

        var cluster = Assert.Single(await Create().Get<RegisteredClusters>().ReadAsync(Cancellation));

        Assert.Equal("CredentialSealed", cluster.Link.Refusal?.Code);
        Assert.Contains("credential of cluster sandbox does not open", cluster.Link.Refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "NoCredential")]
    [InlineData("null", "CredentialUnreadable")]
    [InlineData("{", "CredentialUnreadable")]
    [InlineData("{}", "CredentialUnreadable")]
    [InlineData("{\"kind\":\"Other\"}", "CredentialUnreadable")]
    public async Task Connections_CredentialThatIsNone_IsSaidAsSuch(string sealedText, string code)
    {
        await using (var db = Database.CreateDbContext())
        {
            var row = await db.Clusters.SingleAsync(Cancellation);
            row.Seal(sealedText.Length == 0 ? [] : TestInstallation.Sealer.Seal(Infrastructure.Keys.SealPurposes.ClusterCredential(row.SettingsDigest()), System.Text.Encoding.UTF8.GetBytes(sealedText)));
            await db.CommitAsync(Cancellation);
        }

        Assert.Equal(code, Assert.Single(await Create().Get<RegisteredClusters>().ReadAsync(Cancellation)).Link.Refusal?.Code);
    }

    [Fact]
    public async Task Renewal_TokenAboutToExpire_IsRenewedAndSealed()
    {
        await Place.ServiceAccountAsync("portal", Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new() { Metadata = new() { Name = "renew" }, Rules = [new() { Verbs = ["create"], ApiGroups = [""], Resources = ["serviceaccounts/token"] }] }, Place.Name, cancellationToken: Cancellation);
        await Place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = "renew" }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Role", Name = "renew" }, Subjects = [new() { Kind = "ServiceAccount", Name = "portal", NamespaceProperty = Place.Name }] }, Place.Name, cancellationToken: Cancellation);
        var brief = (await Place.Client.CoreV1.CreateNamespacedServiceAccountTokenAsync(new() { Spec = new() { Audiences = [], ExpirationSeconds = 600 } }, "portal", Place.Name, cancellationToken: Cancellation)).Status.Token;
        await using (var db = Database.CreateDbContext())
        {
            var row = await db.Clusters.SingleAsync(Cancellation);
            row.Change(new(row.Name, row.Title, row.Environment, row.Server, row.CertificateAuthority, CredentialKind.Token, row.UserNameClaim, row.UserNamePrefix));
            row.Seal(Story.Seal(row, new ClusterCredential.Token(brief)));
            await db.CommitAsync(Cancellation);
        }
        var replica = Create();

        Assert.True(await replica.Get<TokenRenewal>().RunAsync(Assert.Single(await replica.Get<RegisteredClusters>().ReadAsync(Cancellation)), Cancellation));

        var renewed = Assert.Single(await replica.Get<RegisteredClusters>().ReadAsync(Cancellation));
        Assert.True(renewed.Link.Value.ExpiresAt > DateTimeOffset.UtcNow.AddMinutes(50));
        Assert.True((await renewed.Link.Value.Api.ServerInfoAsync(Cancellation)).Succeeded);
        Assert.False(await replica.Get<TokenRenewal>().RunAsync(renewed, Cancellation));
    }

    private static async Task ProbeAsync(ReconcilerReplica replica)
    {
        var prober = replica.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<ClusterProber>().Single();
        await prober.ProbeAsync(Assert.Single(await replica.Get<RegisteredClusters>().ReadAsync(Cancellation)), Cancellation);
    }

    private async Task<RequestStatus> StatusAsync(AccessRequest request)
    {
        await using var db = Database.CreateDbContext();
        return (await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id, Cancellation)).Status;
    }

    private async Task<ClusterHealth?> HealthAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.ClusterHealth.AsNoTracking().SingleOrDefaultAsync(Cancellation);
    }

    private async Task<RoleSnapshot?> SnapshotAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.RoleSnapshots.AsNoTracking().SingleOrDefaultAsync(Cancellation);
    }
}

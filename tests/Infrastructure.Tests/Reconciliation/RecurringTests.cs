using k8s;
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

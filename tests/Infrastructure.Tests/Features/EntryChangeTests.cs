using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>A change of an entry that waited for its second admin: what is confirmed, and what must still hold then.</summary>
public sealed class EntryChangeTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : AdminSetting(postgres)
{
    private TestNamespace _place = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _place = await controlPlane.NamespaceAsync(Cancellation);
        await ReachAsync(_place.Address.Credential);
    }

    public override async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Confirm_PageThatIsConfirmed_SaysClusterAndEachField()
    {
        var change = await WaitingAsync();
        var begun = await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation);

        var act = (await Get<StepUpQueries>().FindAsync(World.Dave, begun.Value, Cancellation))!.Act!;

        Assert.Equal("Test", act.Cluster);
        Assert.Equal([("Wanted by", "dana (dana)"), ("Where", "payments-prod → payments-prod and web-prod"), ("Longest duration", "1 hour → 4 hours")], act.Details);
    }

    [Fact]
    public async Task Confirm_StillRight_IsInForce()
    {
        var change = await WaitingAsync();

        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)));

        Assert.Equal((2, TimeSpan.FromHours(4)), ((await CurrentAsync(World.OnePeer.ElevatedRoleId)).Version, (await CurrentAsync(World.OnePeer.ElevatedRoleId)).Maximum));
    }

    [Fact]
    public async Task Confirm_ClusterTakenOutOfUseMeanwhile_IsRefused()
    {
        var change = await WaitingAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET retired_at = now()", Cancellation);

        Assert.Equal("ClusterGone", (await AnswerAsync(await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)))?.Code);

        Assert.Equal(1, (await CurrentAsync(World.OnePeer.ElevatedRoleId)).Version);
    }

    [Fact]
    public async Task Confirm_RightsTakenFromLapseMeanwhile_IsRefusedBeforeAnybodyProvesAnything()
    {
        var change = await WaitingAsync();
        // An account that may read and no more.
        var account = new PortalAccount(_place.Name, $"portal-{_place.Name}");
        await _place.ApplyAsync(ClusterRights.Manifests([], account), Cancellation);
        await ReachAsync(await _place.TokenAsync(account.Name, Cancellation));

        Refusal? refusal = null;
        await Wait.UntilAsync(async () => (refusal = (await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)).Refusal)?.Code == "RightsMissing", "the account is known", Cancellation);

        Assert.Contains("In a Role of namespace web-prod:", refusal!.Message, StringComparison.Ordinal);
        await using var db = Database.CreateDbContext();
        Assert.Empty(await db.StepUpChallenges.Where(c => c.Act == ActKind.ConfirmChange).ToListAsync(Cancellation));
        Assert.Equal(ChangeStatus.AwaitingSecondAdmin, (await ChangeAsync()).Status);
    }

    [Fact]
    public async Task Confirm_ClusterDoesNotAnswer_IsRefusedAndStaysWaiting()
    {
        var change = await WaitingAsync();
        await ReachAsync(_place.Address.Credential, new Uri("https://127.0.0.1:1"));

        Assert.Equal("RoleUnreadable", (await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)).Refusal?.Code);
        Assert.Equal(ChangeStatus.AwaitingSecondAdmin, (await ChangeAsync()).Status);
    }

    // The world's cluster is the real one, reached so.
    private async Task ReachAsync(ClusterCredential credential, Uri? server = null)
    {
        await using var db = Database.CreateDbContext();
        var cluster = await db.Clusters.SingleAsync(Cancellation);
        cluster.Change(cluster.Settings() with
        {
            Server = (server ?? _place.Address.Server).AbsoluteUri,
            CertificateAuthority = _place.Address.CertificateAuthority,
            CredentialKind = credential is ClusterCredential.Token ? CredentialKind.Token : CredentialKind.ClientCertificate,
        });
        cluster.Seal(credential, Get<Sealer>());
        await db.CommitAsync(Cancellation);
    }

    // Dana's change of an entry, proved, as it stands while another admin has to confirm it.
    private async Task<ConfigurationChange> WaitingAsync()
    {
        var before = World.OnePeer;
        var after = new ElevatedRoleVersion
        {
            ElevatedRoleId = before.ElevatedRoleId,
            Version = 2,
            Title = before.Title,
            Description = before.Description,
            ClusterId = before.ClusterId,
            Environment = before.Environment,
            RoleKind = before.RoleKind,
            RoleName = before.RoleName,
            Namespaces = ["payments-prod", "web-prod"],
            Maximum = TimeSpan.FromHours(4),
            Default = before.Default,
            WorkflowId = before.WorkflowId,
            ConfirmAfterStepUp = before.ConfirmAfterStepUp,
            Attestation = new(null, null),
            MadeAt = Now,
        };
        await using var db = Database.CreateDbContext();
        var change = ConfigurationChange.Draft(ChangeKind.ElevatedRole, before.ElevatedRoleId.Value, "Change it", before.Canonical(), after.Canonical(), null, needsSecondAdmin: true, World.Dana.PersonId, Now);
        db.ConfigurationChanges.Add(change);
        change.Proved(World.Proof(db, StepUpActs.Propose(change), World.Dana, ["lapse-admins"]).Id, Now);
        await db.CommitAsync(Cancellation);
        return change;
    }
}

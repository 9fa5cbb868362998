using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Registering, changing and retiring clusters, and what the catalogue asks of them, on the real control plane.</summary>
public sealed class ClusterChangeTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : AdminSetting(postgres)
{
    private static readonly RoleReference Edit = new(RoleKind.ClusterRole, "edit");

    [Fact]
    public async Task Register_Confirmed_IsInUseWithItsCredentialSealed()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var form = await FormAsync(place, "fresh");

        Assert.Null(await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, form, Cancellation)));
        var change = await ChangeAsync();
        Assert.Equal((ChangeStatus.AwaitingSecondAdmin, true), (change.Status, change.NeedsSecondAdmin));
        Assert.NotNull(change.SealedSecret);
        Assert.Null(await ClusterAsync("fresh"));
        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)));
        Assert.Equal((ChangeStatus.Applied, null), ((await ChangeAsync()).Status, (await ChangeAsync()).SealedSecret));

        var cluster = (await ClusterAsync("fresh"))!;
        Assert.Equal(((ClusterAccess.Token)form.Access).Value, ((ClusterCredential.Token)cluster.Open(Get<Sealer>()).Value.Credential).Value);
        Assert.Equal(("sub", "oidc:", 1, CredentialKind.Token), (cluster.UserNameClaim, cluster.UserNamePrefix, cluster.Version, cluster.CredentialKind));
        foreach (var (_, content) in await LedgerAsync(LedgerSubject.Of(change.Id)))
            Assert.DoesNotContain(((ClusterAccess.Token)form.Access).Value, content.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Register_ClusterThatTakesThePortalsToken_IsRefusedAndNotSaved()
    {
        await LeaveDanaAloneAsync();
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var accepted = await place.ServiceAccountAsync("somebody", Cancellation);

        var refusal = await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, await FormAsync(place, "fresh"), Cancellation), accepted.Value);

        Assert.Equal("AcceptsPortalTokens", refusal?.Code);
        Assert.Null(await ClusterAsync("fresh"));
        Assert.Equal(ChangeStatus.Draft, (await ChangeAsync()).Status);
    }

    [Fact]
    public async Task Register_GivenUpOrTimedOut_KeepsNoCredential()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var form = await FormAsync(place, "fresh");
        Assert.Null(await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, form, Cancellation)));
        var withdrawn = (await ChangeAsync()).Id;
        Assert.True((await Get<WithdrawChange>().WithdrawAsync(World.Dave, withdrawn, Cancellation)).Succeeded);
        Assert.Null(await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, form, Cancellation)));
        await Propose.SaveClusterAsync(World.Dave, form, Cancellation);
        await using var db = Database.CreateDbContext();
        Assert.Equal(2, await db.ConfigurationChanges.CountAsync(c => c.SealedSecret != null, Cancellation));

        var clock = new SettableClock();
        clock.Advance(Now + ConfigurationChange.ConfirmWithin - clock.GetUtcNow());
        Assert.Equal(2, await new ChangeTimeouts(Database, clock).RunAsync(Cancellation));

        Assert.Equal(0, await db.ConfigurationChanges.CountAsync(c => c.SealedSecret != null, Cancellation));
        Assert.Equal([ChangeStatus.TimedOut, ChangeStatus.Withdrawn, ChangeStatus.Withdrawn], await db.ConfigurationChanges.Select(c => c.Status).Order().ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Change_ThatLeavesTheCredential_HasNone_AndKeepsTheOneThatWasRenewedMeanwhile()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);
        var begun = await Propose.SaveClusterAsync(World.Dana, Unchanged(cluster) with { GroupsClaim = "", Title = "Renamed" }, Cancellation);
        await using (var db = Database.CreateDbContext())
        {
            Assert.Equal(0, await db.ConfigurationChanges.CountAsync(c => c.SealedSecret != null, Cancellation));
            (await db.Clusters.SingleAsync(c => c.Id == cluster.Id, Cancellation)).Seal(await place.TokenAsync($"portal-{place.Name}", Cancellation), Get<Sealer>());
            await db.CommitAsync(Cancellation);
        }
        var renewed = (await ClusterAsync("fresh"))!.Open(Get<Sealer>()).Value.Credential;

        Assert.Null(await AnswerAsync(begun));

        var changed = (await ClusterAsync("fresh"))!;
        Assert.Equal(("Renamed", "", 2), (changed.Title, changed.GroupsClaim, changed.Version));
        Assert.Equal(renewed, changed.Open(Get<Sealer>()).Value.Credential);
    }

    [Fact]
    public async Task Change_OfAnotherVersionThanTheNewest_IsRefused()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);

        Assert.Null(await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, Unchanged(cluster) with { Title = "Renamed" }, Cancellation)));
        Assert.Equal("ConfigurationMoved", (await Propose.SaveClusterAsync(World.Dana, Unchanged(cluster), Cancellation)).Refusal?.Code);

        var renamed = (await ClusterAsync("fresh"))!;
        Assert.Equal(("Renamed", 2), (renamed.Title, renamed.Version));
        Assert.True(renamed.Open(Get<Sealer>()).Succeeded);
    }

    [Fact]
    public async Task Test_WithoutTheRightsOfTheCatalogue_NamesTheMissingRule()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);
        Assert.Empty((await TestAsync(cluster)).Missing);
        await EntryAsync(cluster, place.Name);

        var test = await TestAsync(cluster);

        Assert.StartsWith("v1.", test.Version, StringComparison.Ordinal);
        Assert.Equal(1, test.Entries);
        Assert.Equal(2, test.Missing.Count);
        Assert.All(test.Missing, right => Assert.Equal(place.Name, right.Namespace));
        Assert.Contains(test.Missing, right => right.RuleYaml.Contains("bind", StringComparison.Ordinal) && right.RuleYaml.Contains("edit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Entry_ThatLapseCouldNotBind_IsRefusedWithTheMissingRule_AndSavedOnceItCan()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);
        var form = Entry(cluster, place.Name);

        var refusal = (await Propose.SaveEntryAsync(World.Dana, form, Cancellation)).Refusal!;
        Assert.Equal("RightsMissing", refusal.Code);
        Assert.Contains($"In a Role of namespace {place.Name}:", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("bind", refusal.Message, StringComparison.Ordinal);

        // What the account may read and renew it has since it was registered; what an entry adds bears its plain name.
        var account = new PortalAccount(place.Name, $"portal-{place.Name}");
        var rights = ClusterRights.Manifests([new([place.Name], Edit)], account);
        await place.ApplyAsync(rights.Where(o => o.Kind is "Role" or "RoleBinding" && o.Metadata.Name == account.Name), Cancellation);
        Outcome<StepUpChallengeId> begun = refusal;
        await Wait.UntilAsync(async () => (begun = await Propose.SaveEntryAsync(World.Dana, form, Cancellation)).Succeeded, "the API server has seen the new rights", Cancellation);
        Assert.Null(await AnswerAsync(begun));

        var change = await ChangeAsync();
        var version = await CurrentAsync(ElevatedRoleId.From(change.SubjectId));
        Assert.Equal((1, change.Id.Value, World.Dana.PersonId), (version.Version, version.Attestation.ChangeId, version.MadeBy));
        Assert.Null(await AnswerAsync(await Propose.SaveEntryAsync(World.Dana, form with { Id = version.ElevatedRoleId, BaseVersion = 1, Maximum = TimeSpan.FromHours(2) }, Cancellation)));
        Assert.Equal((2, TimeSpan.FromHours(2)), ((await CurrentAsync(version.ElevatedRoleId)).Version, (await CurrentAsync(version.ElevatedRoleId)).Maximum));
    }

    [Fact]
    public async Task Entry_OfARoleThatIsNotThere_IsRefused()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);

        Assert.Equal("RoleUnreadable", (await Propose.SaveEntryAsync(World.Dana, Entry(cluster, place.Name) with { Role = new(RoleKind.ClusterRole, "no-such-role") }, Cancellation)).Refusal?.Code);
        Assert.Equal("RoleUnreadable", (await AskAsync<RolePreviewAsk, RolePreview>(World.Dana, new(cluster.Id, new(RoleKind.Role, "no-such-role"), [place.Name]))).Refusal?.Code);
    }

    [Fact]
    public async Task Preview_OfARole_SaysItInWordsToAdminsOnly()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);
        var ask = new RolePreviewAsk(cluster.Id, Edit, [place.Name]);

        var preview = (await AskAsync<RolePreviewAsk, RolePreview>(World.Dana, ask)).Value;

        Assert.Contains(preview.Abilities, ability => ability.Sentence.Contains("Secrets", StringComparison.Ordinal));
        Assert.NotEmpty(preview.Rules);
        Assert.Equal("NotAnAdmin", (await AskAsync<RolePreviewAsk, RolePreview>(World.Sam, ask)).Refusal?.Code);
        Assert.Equal("RoleName", (await AskAsync<RolePreviewAsk, RolePreview>(World.Dana, ask with { Role = new(RoleKind.ClusterRole, "../secrets") })).Refusal?.Code);
    }

    [Fact]
    public async Task Retire_ClusterInUse_IsRefused_AlsoWhenItCameIntoUseMeanwhile()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);
        var begun = await Propose.RetireClusterAsync(World.Dana, cluster.Id, Cancellation);
        var entry = await EntryAsync(cluster, place.Name);

        Assert.Equal("ClusterHasEntries", (await AnswerAsync(begun))?.Code);
        Assert.Equal("ClusterHasEntries", (await Propose.RetireClusterAsync(World.Dana, cluster.Id, Cancellation)).Refusal?.Code);
        await World.RequestAsync(entry, World.Alice, Cancellation);
        Assert.Equal("ClusterHasGrants", (await Propose.RetireClusterAsync(World.Dana, cluster.Id, Cancellation)).Refusal?.Code);
        Assert.Null((await ClusterAsync("fresh"))!.RetiredAt);
    }

    [Fact]
    public async Task Retire_UnusedCluster_IsGoneFromThePage()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var cluster = await RegisterAsync(place);

        Assert.Null(await AnswerAsync(await Propose.RetireClusterAsync(World.Dana, cluster.Id, Cancellation)));

        Assert.Equal(Now, (await ClusterAsync("fresh"))!.RetiredAt);
        Assert.DoesNotContain((await AskAsync<AdminClustersAsk, AdminClustersView>(World.Dana, new())).Value.Clusters, c => c.Id == cluster.Id);
        Assert.Equal("ConfigurationMoved", (await Propose.RetireClusterAsync(World.Dana, cluster.Id, Cancellation)).Refusal?.Code);
        Assert.Equal("ConfigurationMoved", (await Propose.SaveClusterAsync(World.Dana, Unchanged(cluster), Cancellation)).Refusal?.Code);
    }

    private async Task<ClusterTest> TestAsync(Cluster cluster) => (await Get<TestCluster>().TestAsync(World.Dana, cluster.Id, Cancellation)).Value;

    // Lapse's account there may read, and nothing else yet.
    private static async Task<ClusterForm> FormAsync(TestNamespace place, string name)
    {
        var account = new PortalAccount(place.Name, $"portal-{place.Name}");
        await place.ApplyAsync(ClusterRights.Manifests([], account), Cancellation);
        var token = await place.TokenAsync(account.Name, Cancellation);
        return new(null, 0, name, "Fresh", ClusterEnvironment.Staging, new ClusterAccess.Token(place.Address.Server.AbsoluteUri, place.Address.CertificateAuthority, token.Value), "sub", "oidc:");
    }

    private async Task<Cluster> RegisterAsync(TestNamespace place)
    {
        await LeaveDanaAloneAsync();
        Assert.Null(await AnswerAsync(await Propose.SaveClusterAsync(World.Dana, await FormAsync(place, "fresh"), Cancellation)));
        return (await ClusterAsync("fresh"))!;
    }

    private static ClusterForm Unchanged(Cluster c) => new(c.Id, c.Version, c.Name, c.Title, c.Environment, new ClusterAccess.Unchanged(), c.UserNameClaim, c.UserNamePrefix, c.GroupsClaim, c.GroupsPrefix);

    private EntryForm Entry(Cluster cluster, string place) =>
        new(null, 0, "edit in the place", "", cluster.Id, ClusterEnvironment.Staging, Edit, [place], TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), World.OnePeer.WorkflowId, false);

    // Written past the checks, as an entry is whose rights were taken away later.
    private async Task<ElevatedRoleVersion> EntryAsync(Cluster cluster, string place)
    {
        await using var db = Database.CreateDbContext();
        var role = ElevatedRole.Create(UuidId.New<ElevatedRoleId>(Now), "edit-place");
        var version = new ElevatedRoleVersion
        {
            ElevatedRoleId = role.Id,
            Version = 1,
            Title = "edit in the place",
            Description = "",
            ClusterId = cluster.Id,
            Environment = ClusterEnvironment.Staging,
            RoleKind = RoleKind.ClusterRole,
            RoleName = "edit",
            Namespaces = [place],
            Maximum = TimeSpan.FromHours(1),
            Default = TimeSpan.FromMinutes(30),
            WorkflowId = World.ByRule.WorkflowId,
            ConfirmAfterStepUp = false,
            Attestation = Attestation.ByOperator([1]),
            MadeAt = Now,
        };
        db.AddRange(role, version);
        await db.CommitAsync(Cancellation);
        return version;
    }

    private async Task<Cluster?> ClusterAsync(string name)
    {
        await using var db = Database.CreateDbContext();
        return await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == name, Cancellation);
    }
}

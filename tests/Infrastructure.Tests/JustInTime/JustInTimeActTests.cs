using k8s;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Features;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.JustInTime;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>From a standing binding in a real cluster to a change in force: what is proposed, what is refused, and what a second admin confirms.</summary>
public sealed class JustInTimeActTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : AdminSetting(postgres)
{
    private TestNamespace _place = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _place = await controlPlane.NamespaceAsync(Cancellation);
        await using (var db = Database.CreateDbContext())
        {
            var cluster = await db.Clusters.SingleAsync(Cancellation);
            cluster.Change(cluster.Settings() with { Server = _place.Address.Server.AbsoluteUri, CertificateAuthority = _place.Address.CertificateAuthority, CredentialKind = CredentialKind.ClientCertificate });
            cluster.Seal(_place.Address.Credential, Get<Sealer>());
            await db.CommitAsync(Cancellation);
        }
        // Of the cluster's state it matters who else holds what: nobody anything.
        var rbac = new RbacWorld(Database, World.Cluster, new OversightTest.SetClock { Now = Now });
        rbac.Put(RbacWorld.Role("edit", "", RbacWorld.ReadPods));
        await rbac.LookAsync();
        await MakeAsync("standing", User("oidc:alice"));
    }

    public override async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Proposal_OfABinding_SaysWhatGoesWhatIsOfferedAndWhoLosesWhat()
    {
        await MakeAsync("more", User("oidc:alice"), User("oidc:mallory"), User("oidc:zoe"), Group("developers"));
        var view = (await ProposalAsync("standing", "more")).Value;

        Assert.Equal(["RoleBinding " + _place.Name + "/standing", "RoleBinding " + _place.Name + "/more"], view.Bindings.Select(one => one.Reference));
        Assert.Equal((new RoleReference(RoleKind.ClusterRole, "edit"), _place.Name, true), (view.Proposal.Role, Assert.Single(view.Proposal.Namespaces), view.HasSecondAdmin));
        // Whoever is in the group may ask, whether Lapse knows them or not.
        Assert.Equal(["oidc:mallory", "oidc:zoe"], view.LockedOut.Order(StringComparer.Ordinal));
        Assert.True(view.Affected.Single(one => one.Subject == "group developers").MayAsk);
        Assert.Equal(("alice", true), view.Affected.Where(one => one.Subject == "oidc:alice").Select(one => (one.Name, one.MayAsk)).Single());
        Assert.Contains(view.Affected.Single(one => one.Subject == "oidc:alice").Lost, sentence => sentence.Contains("Pods", StringComparison.OrdinalIgnoreCase));
        Assert.Contains("\"workflow\":", view.Commands.Entry, StringComparison.Ordinal);
        Assert.Contains("kubectl delete --raw", view.Commands.Remove, StringComparison.Ordinal);
        // Another workflow is another answer.
        Assert.NotEqual(view.Workflow!.Id, (await ProposalAsync(World.TwoPeers.WorkflowId.ToString(), ["standing"])).Value.Workflow!.Id);
    }

    [Fact]
    public async Task Proposal_ByAnybodyButAnAdmin_IsRefused()
    {
        foreach (var wrong in new[] { World.Alice, World.Sam, World.Mallory })
            Assert.Equal("NotAnAdmin", (await AskAsync<JustInTimeNewAsk, JustInTimeNewView>(wrong, new("test", Reference("standing"), ""))).Refusal?.Code);
        foreach (var wrong in new[] { World.Alice, World.Mallory })
            Assert.Equal("AuditDenied", (await AskAsync<JustInTimeListAsk, JustInTimeListView>(wrong, new("test"))).Refusal?.Code);
        Assert.False((await AskAsync<JustInTimeListAsk, JustInTimeListView>(World.Sam, new("test"))).Value.MayAct);
    }

    [Theory]
    [InlineData("", "BindingUnknown")]
    [InlineData("Secret a/b", "BindingUnknown")]
    [InlineData("RoleBinding nowhere/nothing", "BindingGone")]
    [InlineData("ClusterRoleBinding cluster-admin", "KubernetesOwn")]
    public async Task Proposal_OfWhatCannotBecomeIt_IsRefused(string reference, string code) =>
        Assert.Equal(code, (await AskAsync<JustInTimeNewAsk, JustInTimeNewView>(World.Dana, new("test", reference, ""))).Refusal?.Code);

    [Fact]
    public async Task Change_ConfirmedByASecondAdmin_OffersTheEntryAndWritesTheRemovalDown()
    {
        Assert.Null(await AnswerAsync(await SaveAsync()));
        var change = await ChangeAsync();
        await using var db = Database.CreateDbContext();
        Assert.Equal((ChangeKind.JustInTime, ChangeStatus.AwaitingSecondAdmin, true), (change.Kind, change.Status, change.NeedsSecondAdmin));
        // Nothing is offered and nothing goes before the second admin.
        Assert.False(await db.ElevatedRoles.AnyAsync(r => r.Id == ElevatedRoleId.From(change.SubjectId), Cancellation));
        Assert.Empty(await db.StandingRemovals.ToListAsync(Cancellation));
        Assert.Equal("OwnChange", (await AnswerOwnAsync(change.Id)).Refusal?.Code);
        // The second admin sees who would lose what, and the list that it waits.
        Assert.Equal("oidc:alice", Assert.Single((await AskAsync<JustInTimeChangeAsk, JustInTimeChangeView>(World.Dave, new(change.Id.Value))).Value.Affected!).Subject);
        Assert.Equal((change.Id, false), (await AskAsync<JustInTimeListAsk, JustInTimeListView>(World.Dave, new("test"))).Value.Waiting.Select(one => (one.Id, one.IsDraft)).Single());

        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)));

        var entry = await CurrentAsync(ElevatedRoleId.From(change.SubjectId));
        Assert.Equal(("Edit it", "edit", change.Id.Value), (entry.Title, entry.RoleName, entry.Attestation.ChangeId));
        var removal = await db.StandingRemovals.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal((RemovalStatus.Waiting, Reference("standing"), change.Id), (removal.Status, removal.Reference, removal.ChangeId));
        Assert.Equal([LedgerActs.ChangeProposed, LedgerActs.ChangeApplied], (await LedgerAsync(LedgerSubject.Of(change.Id))).Select(e => e.Act));
        var page = (await AskAsync<JustInTimeChangeAsk, JustInTimeChangeView>(World.Sam, new(change.Id.Value))).Value;
        Assert.Equal((ChangeStatus.Applied, "dave", false, true), (page.Status, page.Confirmer, page.MayAct, page.Affected is null));
        Assert.Contains(page.Fields, field => field.Name == "Removes" && field.After.Contains("User oidc:alice", StringComparison.Ordinal));
        var list = (await AskAsync<JustInTimeListAsk, JustInTimeListView>(World.Dana, new("test"))).Value;
        Assert.Equal((removal.Id, 0), (Assert.Single(list.Rows).Id, list.Waiting.Count));
        // And nobody takes the same away twice.
        Assert.Equal("RemovedAlready", (await SaveAsync()).Refusal?.Code);
        Assert.Equal("RoleBinding", (await _place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync("standing", _place.Name, cancellationToken: Cancellation)).Kind);
    }

    [Fact]
    public async Task Draft_ThatWasLeft_IsListedForItsAuthorAlone()
    {
        Assert.Null((await SaveAsync()).Refusal);

        Assert.True(Assert.Single((await AskAsync<JustInTimeListAsk, JustInTimeListView>(World.Dana, new("test"))).Value.Waiting).IsDraft);
        foreach (var other in new[] { World.Dave, World.Sam }) Assert.Empty((await AskAsync<JustInTimeListAsk, JustInTimeListView>(other, new("test"))).Value.Waiting);
    }

    [Fact]
    public async Task Change_OfAnEntryThatOffersItAlready_MakesNoSecondOne()
    {
        await using var db = Database.CreateDbContext();
        await Database.ExecuteAsOwnerAsync($"UPDATE elevated_role_versions SET namespaces = '{{{_place.Name}}}' WHERE elevated_role_id = '{World.OnePeer.ElevatedRoleId}'", Cancellation);
        var view = (await ProposalAsync("standing")).Value;
        Assert.Equal(World.OnePeer.ElevatedRoleId, view.Proposal.Existing?.ElevatedRoleId);
        Assert.Equal("", view.Commands.Entry);
        var entries = await db.ElevatedRoles.CountAsync(Cancellation);

        Assert.Null(await AnswerAsync(await SaveAsync(form => form with { Existing = World.OnePeer.ElevatedRoleId })));
        Assert.Null(await AnswerAsync(await Propose.ConfirmAsync(World.Dave, (await ChangeAsync()).Id, Cancellation)));

        Assert.Equal(entries, await db.ElevatedRoles.CountAsync(Cancellation));
        Assert.Equal(World.OnePeer.ElevatedRoleId, (await db.StandingRemovals.SingleAsync(Cancellation)).ElevatedRoleId);
        // One for another role or place is none of that.
        await MakeAsync("more", User("oidc:alice"));
        Assert.Equal("ConfigurationMoved", (await SaveAsync(form => form with { Existing = World.TwoPeers.ElevatedRoleId, Bindings = [Reference("more")] })).Refusal?.Code);
    }

    [Fact]
    public async Task Change_ThatLeavesSomebodyWithoutAWay_WantsTheirNames()
    {
        await MakeAsync("more", User("oidc:mallory"), User("oidc:zoe"));
        JustInTimeForm More(JustInTimeForm form, string accepted) => form with { Bindings = [Reference("more")], Accepted = accepted };
        foreach (var typed in new[] { "", "yes", "oidc:mallory", "oidc:zoe, oidc:mallory, oidc:alice", "OIDC:ZOE, oidc:mallory" })
        {
            var refused = (await SaveAsync(form => More(form, typed))).Refusal;
            Assert.Equal("LockedOut", refused?.Code);
            Assert.Contains("oidc:mallory, oidc:zoe", refused!.Message, StringComparison.Ordinal);
        }
        Assert.Null(await AnswerAsync(await SaveAsync(form => More(form, " oidc:zoe ,\noidc:mallory"))));
        Assert.Equal(["oidc:mallory", "oidc:zoe"], JustInTimeChange.FromCanonical((await ChangeAsync()).After).Accepted);
    }

    [Fact]
    public async Task Binding_ChangedBeforeTheSecondAdmin_IsNotConfirmed()
    {
        Assert.Null(await AnswerAsync(await SaveAsync()));
        var change = await ChangeAsync();
        var there = await _place.Client.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync("standing", _place.Name, cancellationToken: Cancellation);
        there.Subjects.Add(User("oidc:mallory"));
        await _place.Client.RbacAuthorizationV1.ReplaceNamespacedRoleBindingAsync(there, "standing", _place.Name, cancellationToken: Cancellation);

        Assert.Equal("BindingMoved", (await Propose.ConfirmAsync(World.Dave, change.Id, Cancellation)).Refusal?.Code);
        Assert.Equal(ChangeStatus.AwaitingSecondAdmin, (await ChangeAsync()).Status);
    }

    [Fact]
    public async Task Entry_WithdrawnBeforeTheSecondAdmin_IsNotConfirmed()
    {
        await Database.ExecuteAsOwnerAsync($"UPDATE elevated_role_versions SET namespaces = '{{{_place.Name}}}' WHERE elevated_role_id = '{World.OnePeer.ElevatedRoleId}'", Cancellation);
        Assert.Null(await AnswerAsync(await SaveAsync(form => form with { Existing = World.OnePeer.ElevatedRoleId })));
        await Database.ExecuteAsOwnerAsync($"UPDATE elevated_roles SET retired_at = now() WHERE id = '{World.OnePeer.ElevatedRoleId}'", Cancellation);

        Assert.Equal("ConfigurationMoved", (await AnswerAsync(await Propose.ConfirmAsync(World.Dave, (await ChangeAsync()).Id, Cancellation)))?.Code);
        await using var db = Database.CreateDbContext();
        Assert.Empty(await db.StandingRemovals.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Change_WhereThereIsNoOtherAdmin_IsInForceWithTheFirstStepUp()
    {
        await LeaveDanaAloneAsync();
        Assert.Null(await AnswerAsync(await SaveAsync()));
        await using var db = Database.CreateDbContext();
        Assert.Equal(RemovalStatus.Waiting, (await db.StandingRemovals.SingleAsync(Cancellation)).Status);
    }

    [Theory]
    [InlineData("account")]
    [InlineData("own")]
    [InlineData("grant")]
    public async Task Change_OfABindingThatMustStay_IsRefusedByTheServer(string what)
    {
        var name = what == "grant" ? $"lapse-{Guid.NewGuid()}" : "other";
        await MakeAsync(name, what switch
        {
            "account" => new Rbacv1Subject { Kind = "ServiceAccount", Name = "default", NamespaceProperty = _place.Name },
            // The certificate by which the tests' Lapse is known.
            "own" => Group("system:masters"),
            _ => User("oidc:alice"),
        });
        var refusal = (await SaveAsync(form => form with { Bindings = [Reference(name)] })).Refusal;
        Assert.Contains(refusal?.Code, what switch { "account" => ["ServiceAccountSubject"], "own" => ["OwnAccount", "ReservedSubject"], _ => new[] { "OfAGrant" } });
        await using var db = Database.CreateDbContext();
        Assert.Empty(await db.ConfigurationChanges.ToListAsync(Cancellation));
    }

    [Fact]
    public async Task Removal_KeptByAnAdmin_StaysAndMayBeProposedAgain()
    {
        await LeaveDanaAloneAsync();
        Assert.Null(await AnswerAsync(await SaveAsync()));
        StandingRemovalId id;
        await using (var db = Database.CreateDbContext()) id = (await db.StandingRemovals.SingleAsync(Cancellation)).Id;

        Assert.Null((await Get<KeepStanding>().KeepAsync(World.Dana, id, Cancellation)).Refusal);
        Assert.Equal("RemovalNotWaiting", (await Get<KeepStanding>().KeepAsync(World.Dana, id, Cancellation)).Refusal?.Code);
        Assert.Equal("NotRemoved", (await Get<RestoreStanding>().BeginAsync(World.Dana, id, Cancellation)).Refusal?.Code);
        Assert.Equal([LedgerActs.BindingKept], (await LedgerAsync(LedgerSubject.Of(id))).Select(e => e.Act));
        Assert.Null((await SaveAsync()).Refusal);
    }

    [Fact]
    public async Task Restore_WantedByOneAdmin_IsWrittenDownOnceWithItsProof()
    {
        await LeaveDanaAloneAsync();
        Assert.Null(await AnswerAsync(await SaveAsync()));
        StandingRemovalId id;
        await using (var db = Database.CreateDbContext()) id = (await db.StandingRemovals.SingleAsync(Cancellation)).Id;
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET status = 'Removed'", Cancellation);
        var first = await Get<RestoreStanding>().BeginAsync(World.Dana, id, Cancellation);
        var second = await Get<RestoreStanding>().BeginAsync(World.Dana, id, Cancellation);

        Assert.Null(await AnswerAsync(first));
        Assert.Equal("NotRemoved", (await AnswerAsync(second))?.Code);
        await using var read = Database.CreateDbContext();
        var row = await read.StandingRemovals.AsNoTracking().SingleAsync(Cancellation);
        Assert.Equal((RemovalStatus.Restoring, World.Dana.PersonId), (row.Status, row.DecidedBy!.Value));
        Assert.Equal(row.RestoreProofId.ToString(), (await LedgerAsync(LedgerSubject.Of(id))).Single(e => e.Act == LedgerActs.BindingRestoring).Content["proof"]!["id"]!.GetValue<string>());
    }

    private string Reference(string name) => $"RoleBinding {_place.Name}/{name}";

    private Task<Outcome<JustInTimeNewView>> ProposalAsync(params string[] names) => ProposalAsync("", names);

    private Task<Outcome<JustInTimeNewView>> ProposalAsync(string workflow, string[] names) =>
        AskAsync<JustInTimeNewAsk, JustInTimeNewView>(World.Dana, new("test", string.Join('\n', names.Select(Reference)), workflow));

    private Task<Outcome<StepUpChallengeId>> SaveAsync(Func<JustInTimeForm, JustInTimeForm>? type = null)
    {
        var form = new JustInTimeForm("test", [Reference("standing")], null, "Edit it", "", TimeSpan.FromHours(1), TimeSpan.FromMinutes(30), World.OnePeer.WorkflowId, false, "");
        return Propose.SaveJustInTimeAsync(World.Dana, type is null ? form : type(form), Cancellation);
    }

    private Task<Outcome<StepUpChallengeId>> AnswerOwnAsync(ConfigurationChangeId id) => Propose.ConfirmAsync(World.Dana, id, Cancellation);

    private Task<V1RoleBinding> MakeAsync(string name, params Rbacv1Subject[] subjects) => _place.Client.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
        new() { Metadata = new() { Name = name }, RoleRef = new() { ApiGroup = BindingKeys.RbacGroup, Kind = "ClusterRole", Name = "edit" }, Subjects = subjects }, _place.Name, cancellationToken: Cancellation);

    private static Rbacv1Subject User(string name) => new() { ApiGroup = BindingKeys.RbacGroup, Kind = "User", Name = name };

    private static Rbacv1Subject Group(string name) => new() { ApiGroup = BindingKeys.RbacGroup, Kind = "Group", Name = name };
}

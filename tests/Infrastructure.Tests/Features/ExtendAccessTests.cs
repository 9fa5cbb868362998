using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.Requests;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Asking for more time, approving it, and what two people do at the same moment, on the real PostgreSQL.</summary>
public sealed class ExtendAccessTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly DateTimeOffset Now = TestPortal.Now;
    private static readonly AccessRequestContent More = new(TimeSpan.FromMinutes(45), null, "Not done yet", "OPS-2");

    private readonly ScratchFolder _keys = new();
    private InstallationKey? _key;
    private TestPortal _portal = null!;
    private TestPortal.Entry _entry = null!;
    private Actor _alice = null!;
    private Actor _bob = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _portal = new(Database);
        await _portal.ClusterAsync();
        _alice = await _portal.PersonAsync("alice", "developers");
        _bob = await _portal.PersonAsync("bob", "developers");
        _entry = await _portal.EntryAsync("Edit payments", namespaces: ["payments-prod", "web-prod"]);
    }

    public override async ValueTask DisposeAsync()
    {
        _keys.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task ExtendAsync_ActiveAccess_DraftsTheSameAgainWithWhatWasTyped()
    {
        var earlier = await ActiveAsync();

        Assert.Null(await ExtendAsync(_alice, earlier));

        var draft = await OnlyExtensionAsync();
        Assert.Equal((RequestStatus.Draft, earlier, _entry.Id), (draft.Status, draft.ExtendsId!.Value, draft.ElevatedRoleId));
        Assert.Equal((TimeSpan.FromMinutes(45), "Not done yet", "OPS-2", null), (draft.Duration, draft.Reason, draft.Ticket, draft.WantedStart));
        Assert.Equal(["payments-prod", "web-prod"], draft.Namespaces);
        Assert.Null(draft.OpenKey);
    }

    [Fact]
    public async Task ExtendAsync_NamespacesSlippedIntoTheCall_CountForNothing()
    {
        var earlier = await ActiveAsync();

        Assert.Null(await ExtendAsync(_alice, earlier, More with { Namespaces = ["kube-system"] }));

        Assert.Equal(["payments-prod", "web-prod"], (await OnlyExtensionAsync()).Namespaces);
    }

    [Fact]
    public async Task ExtendAsync_SomebodyElsesAccess_LooksLikeNoSuchRequest()
    {
        var earlier = await ActiveAsync();
        var dana = await _portal.PersonAsync("dana", "lapse-admins", "developers");

        foreach (var other in new[] { _bob, dana }) Assert.Equal("RequestUnknown", (await ExtendAsync(other, earlier))?.Code);
        Assert.Equal("RequestUnknown", (await ExtendAsync(_alice, UuidId.New<AccessRequestId>(Now)))?.Code);
        await AssertNothingAskedAsync();
    }

    [Fact]
    public async Task ExtendAsync_NotActiveYetOrOver_IsNothingToExtend()
    {
        var waiting = await _portal.SubmittedAsync(_alice, _entry);
        Assert.Equal("ExtensionOfNothing", (await ExtendAsync(_alice, waiting))?.Code);

        await _portal.DecideAsync(waiting, _bob, _entry, Verdict.Approve);
        Assert.Equal("ExtensionOfNothing", (await ExtendAsync(_alice, waiting))?.Code);

        await _portal.ActivateAsync(waiting, TimeSpan.FromMinutes(5));
        await _portal.EndAsync(waiting, EndReason.Expired);
        Assert.Equal("ExtensionOfNothing", (await ExtendAsync(_alice, waiting))?.Code);
        await AssertNothingAskedAsync();
    }

    [Fact]
    public async Task ExtendAsync_APartWasEndedOnPurpose_IsRefused()
    {
        var earlier = await ActiveAsync();
        await EndOneAsync(earlier, EndReason.Revoked);

        Assert.Equal("ExtendedAccessEnded", (await ExtendAsync(_alice, earlier))?.Code);
        await AssertNothingAskedAsync();
    }

    [Theory]
    [InlineData("", 45, "ReasonMissing")]
    [InlineData("why", 61, "DurationTooLong")]
    [InlineData("why", 0, "DurationTooShort")]
    public async Task ExtendAsync_WhatIsTyped_FollowsTheRulesOfEveryRequest(string reason, int minutes, string code)
    {
        var earlier = await ActiveAsync();

        Assert.Equal(code, (await ExtendAsync(_alice, earlier, More with { Reason = reason, Duration = TimeSpan.FromMinutes(minutes) }))?.Code);
        Assert.Equal("StartOfExtension", (await ExtendAsync(_alice, earlier, More with { WantedStart = Now.AddHours(1) }))?.Code);
    }

    [Fact]
    public async Task ExtendAsync_EntryRetired_IsRefused()
    {
        var earlier = await ActiveAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE elevated_roles SET retired_at = now()", Cancellation);

        Assert.Equal("RoleUnknown", (await ExtendAsync(_alice, earlier))?.Code);
    }

    [Fact]
    public async Task ExtendAsync_EntryForSomethingElseNow_IsRefused()
    {
        var earlier = await ActiveAsync();
        await Database.ExecuteAsOwnerAsync("UPDATE elevated_role_versions SET namespaces = '{payments-prod}'", Cancellation);

        Assert.Equal("ExtensionDiffers", (await ExtendAsync(_alice, earlier))?.Code);
    }

    [Fact]
    public async Task Submit_Extension_IsOpenBesideWhatItExtends()
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));

        var extension = await OnlyExtensionAsync();
        Assert.Equal((RequestStatus.AwaitingApproval, OpenKeys.OfExtension(earlier)), (extension.Status, extension.OpenKey));
        Assert.NotNull((await ReadAsync(earlier)).OpenKey);
        // A second one is refused at the draft already, and at the submit, with a link to the first.
        var refused = await ExtendAsync(_alice, earlier);
        Assert.Equal(("ExtensionOpen", $"/requests/{extension.Id}"), (refused?.Code, refused?.Link));
        Assert.Equal("ExtensionOpen", (await SubmitAsync(await DraftAsync(earlier)))?.Code);
        // And so is a plain one for the same.
        var plain = await SubmitAsync(await _portal.DraftAsync(_alice, _entry));
        Assert.Equal(("IdenticalOpen", $"/requests/{earlier}"), (plain?.Code, plain?.Link));
    }

    [Fact]
    public async Task Submit_PlainRequestWhileOnlyTheExtensionIsOpen_IsRefused()
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
        await CloseAsync(earlier, EndReason.Expired);

        var extension = await OnlyExtensionAsync();
        var plain = await SubmitAsync(await _portal.DraftAsync(_alice, _entry));
        Assert.Equal(("IdenticalOpen", $"/requests/{extension.Id}"), (plain?.Code, plain?.Link));

        await _portal.ChangeAsync(extension.Id, (_, request) => request.Withdraw(Now));
        Assert.Null(await SubmitAsync(await _portal.DraftAsync(_alice, _entry)));
    }

    [Fact]
    public async Task Submit_AfterADeniedExtension_MayAskAgain()
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
        await _portal.DecideAsync((await OnlyExtensionAsync()).Id, _bob, _entry, Verdict.Deny);

        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
    }

    [Fact]
    public async Task Submit_EndedSinceItWasWritten_IsRefused()
    {
        var earlier = await ActiveAsync();
        var draft = await DraftAsync(earlier);
        await CloseAsync(earlier, EndReason.Expired);

        Assert.Equal("ExtensionOfNothing", (await SubmitAsync(draft))?.Code);
    }

    [Theory]
    [InlineData(EndReason.Dropped, false)]
    [InlineData(EndReason.Revoked, false)]
    [InlineData(EndReason.RemovedOutsideLapse, false)]
    [InlineData(EndReason.Altered, false)]
    [InlineData(EndReason.Expired, true)]
    public async Task Approve_AfterTheEarlierAccessEnded_DependsOnWhy(EndReason reason, bool goes)
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
        var extension = await OnlyExtensionAsync();
        await CloseAsync(earlier, reason);

        Assert.Equal(goes ? null : "ExtendedAccessEnded", (await ApproveAsync(extension.Id))?.Code);

        Assert.Equal(goes ? RequestStatus.Approved : RequestStatus.AwaitingApproval, (await ReadAsync(extension.Id)).Status);
        await using var db = Database.CreateDbContext();
        Assert.Equal(goes ? 2 : 0, await db.Grants.CountAsync(g => g.RequestId == extension.Id, Cancellation));
    }

    [Fact]
    public async Task BeginToApprove_AfterARevocation_IsRefusedInWordsAndCanStillBeDenied()
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
        var extension = await OnlyExtensionAsync();
        await EndOneAsync(earlier, EndReason.Revoked);
        var deciding = new DecideRequest(Database, _portal.Guard, Engine, _portal.Clock);

        Assert.Equal(ExtensionRules.EndedOnPurpose, (await deciding.ApproveAsync(_bob, extension.Id, 1, "", Cancellation)).Refusal);
        Assert.True((await deciding.DenyAsync(_bob, extension.Id, 1, "", Cancellation)).Succeeded);
    }

    [Fact]
    public async Task End_OfWhatAnExtensionTookOver_SaysWhereTheAccessIsNow()
    {
        var earlier = await ActiveAsync();
        Assert.Null(await SubmitAsync(await DraftAsync(earlier)));
        var extension = await OnlyExtensionAsync();
        Assert.Null(await ApproveAsync(extension.Id));
        await _portal.ActivateAsync(extension.Id, TimeSpan.Zero);
        GrantId old;
        await using (var db = Database.CreateDbContext())
        {
            var grant = await db.Grants.FirstAsync(g => g.RequestId == earlier, Cancellation);
            grant.End(EndReason.Superseded, null, Now);
            await db.CommitAsync(Cancellation);
            old = grant.Id;
        }

        var refused = (await new EndAccess(Database, _portal.Guard, _portal.Clock).RevokeAsync(_bob, old, "", Cancellation)).Refusal;

        Assert.Equal(("TakenOver", $"/requests/{extension.Id}"), (refused?.Code, refused?.Link));
    }

    [Fact]
    public async Task Race_SubmittedWhileTheEarlierOneCloses_TakesItsKeyOver()
    {
        var earlier = await ActiveAsync();
        var draft = await DraftAsync(earlier);
        var key = (await ReadAsync(earlier)).OpenKey;
        await using var submitting = await BeginSubmitAsync(draft);

        // The earlier one has ended, but waits until the extension is there.
        var closing = CloseAsync(earlier, EndReason.Expired);
        await UntilWaitingAsync();
        Assert.False(closing.IsCompleted);
        await submitting.CommitAsync(Cancellation);
        await closing;

        Assert.Equal((null, key), ((await ReadAsync(earlier)).OpenKey, (await ReadAsync(draft)).OpenKey));
    }

    [Fact]
    public async Task Race_ClosedWhileTheExtensionIsSubmitted_RefusesIt()
    {
        var earlier = await ActiveAsync();
        var draft = await DraftAsync(earlier);
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        await EndAllAsync(db, earlier, EndReason.Expired);

        var submitting = SubmitAsync(draft);
        await UntilWaitingAsync();
        Assert.False(submitting.IsCompleted);
        await db.CommitAsync(Cancellation);

        Assert.Equal("ExtensionOfNothing", (await submitting)?.Code);
        Assert.Null((await ReadAsync(draft)).OpenKey);
    }

    [Fact]
    public async Task Race_TwoExtensionsAtOnce_OneIsRefused()
    {
        var earlier = await ActiveAsync();
        AccessRequestId[] drafts = [await DraftAsync(earlier), await DraftAsync(earlier), await DraftAsync(earlier)];

        var outcomes = await Task.WhenAll(drafts.Select(SubmitAsync));

        Assert.Single(outcomes, refusal => refusal is null);
        Assert.Equal(2, outcomes.Count(refusal => refusal?.Code == "ExtensionOpen"));
    }

    [Fact]
    public async Task Race_ExtensionAndPlainRequestAtOnce_OnlyTheExtensionPasses()
    {
        var earlier = await ActiveAsync();
        var (extension, plain) = (await DraftAsync(earlier), await _portal.DraftAsync(_alice, _entry));

        var outcomes = await Task.WhenAll(SubmitAsync(extension), SubmitAsync(plain));

        Assert.Null(outcomes[0]);
        Assert.Equal("IdenticalOpen", outcomes[1]?.Code);
    }

    [Fact]
    public async Task Race_WithdrawnWhileTheEarlierOneCloses_FreesTheKey()
    {
        var earlier = await ActiveAsync();
        var extension = await DraftAsync(earlier);
        Assert.Null(await SubmitAsync(extension));
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var row = await db.AccessRequests.FromSql($"SELECT *, xmin FROM access_requests WHERE id = {extension.Value} FOR UPDATE").SingleAsync(Cancellation);
        row.Withdraw(Now);

        var closing = CloseAsync(earlier, EndReason.Expired);
        await UntilWaitingAsync();
        await db.CommitAsync(Cancellation);
        await closing;

        Assert.Equal((null, null), ((await ReadAsync(earlier)).OpenKey, (await ReadAsync(extension)).OpenKey));
        Assert.Null(await SubmitAsync(await _portal.DraftAsync(_alice, _entry)));
    }

    [Fact]
    public async Task OpenKey_TwiceInTheRows_IsRefusedByTheDatabase()
    {
        var earlier = await ActiveAsync();
        await DraftAsync(earlier);
        await DraftAsync(earlier);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET open_key = '{OpenKeys.OfExtension(earlier)}' WHERE extends_id IS NOT NULL", Cancellation));

        Assert.Equal("ix_access_requests_open_key", refused.ConstraintName);
    }

    private StepUpEngine Engine => new(
        Database, _portal.Guard,
        new ProviderGate(new ProviderOptions { Profile = ProviderProfile.Sandbox }, new ProviderMode(IsSandbox: true), _key ??= InstallationKey.Create(_keys.Path), _portal.Clock),
        new StepUpHandlers([new SubmitRequest(_portal.Clock), new ApproveRequest(_portal.Clock)]), Limits, _portal.Clock);

    private PersonLimits Limits => new(new LimitOptions(), _portal.Clock);

    /// <summary>An access of alice that has been usable for five minutes.</summary>
    private async Task<AccessRequestId> ActiveAsync()
    {
        var id = await _portal.SubmittedAsync(_alice, _entry);
        await _portal.DecideAsync(id, _bob, _entry, Verdict.Approve);
        await _portal.ActivateAsync(id, TimeSpan.FromMinutes(5));
        return id;
    }

    private async Task<Refusal?> ExtendAsync(Actor actor, AccessRequestId earlier, AccessRequestContent? content = null) =>
        (await new AskForAccess(Database, _portal.Guard, Engine, Limits, _portal.Clock).ExtendAsync(actor, earlier, content ?? More, Cancellation)).Refusal;

    private async Task<AccessRequestId> DraftAsync(AccessRequestId earlier)
    {
        await using var db = Database.CreateDbContext();
        var draft = AccessRequest.Draft(More with { Namespaces = _entry.Version.Namespaces }, _entry.Version, _entry.Workflow, TestPortal.Edit, _alice.PersonId, "oidc:alice", Now, earlier);
        db.AccessRequests.Add(draft);
        await db.CommitAsync(Cancellation);
        return draft.Id;
    }

    private async Task<Refusal?> SubmitAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        if (await ActAsync(db, new SubmitRequest(_portal.Clock), id, _alice) is { } refusal) return refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    private async Task<PortalDbContext> BeginSubmitAsync(AccessRequestId id)
    {
        var db = Database.CreateDbContext();
        Assert.Null(await ActAsync(db, new SubmitRequest(_portal.Clock), id, _alice));
        return db;
    }

    private async Task<Refusal?> ApproveAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        if (await ActAsync(db, new ApproveRequest(_portal.Clock), id, _bob) is { } refusal) return refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    // Plays the engine's part, with a proof of groups that may.
    private static async Task<Refusal?> ActAsync(PortalDbContext db, IStepUpActHandler handler, AccessRequestId id, Actor actor)
    {
        await db.Database.BeginTransactionAsync(Cancellation);
        var challenge = StepUpChallenge.Draft(new(handler.Kind, id.Value, 1, "", false, "/"), actor.PersonId, actor.SessionId, Now);
        var named = await handler.RebuildAsync(db, challenge, Cancellation);
        if (!named.Succeeded) return named.Refusal;
        challenge.Bind(named.Value.Act);
        var proof = new StepUpProof
        {
            Id = UuidId.New<StepUpProofId>(Now),
            ChallengeId = challenge.Id,
            PersonId = actor.PersonId,
            Issuer = "https://provider.test/",
            Subject = "s",
            Nonce = challenge.Nonce,
            Salt = challenge.Salt,
            ChallengedAt = Now,
            AuthenticatedAt = Now,
            Amr = ["pwd", "otp"],
            Groups = ["developers"],
            SealedToken = [1],
            TokenHash = [1],
            KeyId = "k",
            VerifiedAt = Now,
        };
        return (await handler.ActAsync(db, challenge, proof, Cancellation)).Refusal;
    }

    private async Task CloseAsync(AccessRequestId id, EndReason reason)
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        await EndAllAsync(db, id, reason);
        await db.CommitAsync(Cancellation);
    }

    private static async Task EndAllAsync(PortalDbContext db, AccessRequestId id, EndReason reason)
    {
        var grants = await db.Grants.Where(g => g.RequestId == id).ToListAsync(Cancellation);
        foreach (var grant in grants)
        {
            grant.End(reason, null, Now);
            grant.ProvedGone(Now);
        }
        await db.SaveChangesAsync(Cancellation);
        await db.CloseIfOverAsync(grants[0], Cancellation);
    }

    private async Task EndOneAsync(AccessRequestId id, EndReason reason)
    {
        await using var db = Database.CreateDbContext();
        (await db.Grants.FirstAsync(g => g.RequestId == id, Cancellation)).End(reason, null, Now);
        await db.CommitAsync(Cancellation);
    }

    private async Task<AccessRequest> ReadAsync(AccessRequestId id)
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == id, Cancellation);
    }

    private async Task<AccessRequest> OnlyExtensionAsync()
    {
        await using var db = Database.CreateDbContext();
        return await db.AccessRequests.AsNoTracking().SingleAsync(r => r.ExtendsId != null, Cancellation);
    }

    private async Task AssertNothingAskedAsync()
    {
        await using var db = Database.CreateDbContext();
        Assert.False(await db.AccessRequests.AnyAsync(r => r.ExtendsId != null, Cancellation));
    }

    // Until somebody waits for a lock that somebody else holds.
    private async Task UntilWaitingAsync()
    {
        await using var look = Database.Owner.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        await Wait.UntilAsync(async () => (long)(await look.ExecuteScalarAsync(Cancellation))! > 0, "somebody waits", Cancellation);
    }
}

using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Asking for more time: of what, by whom, and in which words it is refused.</summary>
public sealed class ExtendAccessTests(PostgresFixture postgres) : ExtendAccessTest(postgres)
{
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
}

using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features;
using Lapse.Portal.Features.Approvals;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>What may be open beside an extension, and what is approved of it once the earlier access is over.</summary>
public sealed class ExtensionOpenKeyTests(PostgresFixture postgres) : ExtendAccessTest(postgres)
{
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
    public async Task OpenKey_TwiceInTheRows_IsRefusedByTheDatabase()
    {
        var earlier = await ActiveAsync();
        await DraftAsync(earlier);
        await DraftAsync(earlier);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET open_key = '{OpenKeys.OfExtension(earlier)}' WHERE extends_id IS NOT NULL", Cancellation));

        Assert.Equal("ix_access_requests_open_key", refused.ConstraintName);
    }
}

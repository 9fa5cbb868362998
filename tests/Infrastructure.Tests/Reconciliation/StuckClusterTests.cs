using Lapse.Domain.Access;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>Many that end in a cluster that takes calls and answers none: who ends elsewhere does not wait for them.</summary>
public sealed class StuckClusterTests(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    [Fact]
    public async Task End_WhileAnotherClusterHangs_IsNotHeldUp()
    {
        await using var relay = await DenyingRelay.StartAsync(Place.Address);
        relay.Denies = false;
        var hanging = await Story.RegisterAsync(relay.Address, Cancellation);
        var there = await Story.EntryAsync([Place.Name], Cancellation, approvals: 0, cluster: hanging);
        List<Grant> stuck = [];
        for (var i = 0; i < 4; i++)
        {
            stuck.AddRange((await Story.ApprovedAsync(there, Rules, Cancellation)).Grants);
            await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET open_key = NULL", Cancellation);
        }
        var here = await ApprovedAsync();
        await StartAsync(new ReconciliationOptions { Ends = 1, EndsTaken = 2, EndsInHand = 3 });
        foreach (var grant in stuck.Append(here)) await UntilAsync(grant, GrantStatus.Active);

        var asked = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        relay.Instead = async context =>
        {
            if (!HttpMethods.IsDelete(context.Request.Method)) return false;
            asked.TrySetResult();
            await release.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        };
        foreach (var grant in stuck) await ChangeAsync(grant, (_, row) => row.End(EndReason.Revoked, null, DateTimeOffset.UtcNow));
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await ChangeAsync(here, (_, row) => row.End(EndReason.Revoked, null, DateTimeOffset.UtcNow));

        await UntilAsync(here, GrantStatus.Ended);
        foreach (var grant in stuck) Assert.Equal(GrantStatus.Revoking, (await ReadAsync(grant)).Status);
        release.SetResult();
        foreach (var grant in stuck) await UntilAsync(grant, GrantStatus.Ended);
    }
}

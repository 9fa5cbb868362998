using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.JustInTime;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Tests.JustInTime;

/// <summary>A standing binding in a real cluster, a change that takes it away, and a worker that does it when a test wants.</summary>
public abstract class StandingTest(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    protected const string Name = StandingChange.Name;

    /// <summary>The entry that offers the access instead.</summary>
    protected ElevatedRoleVersion Entry { get; private set; } = null!;

    private StandingChange Change => new(Story, Database, Place.Client, Place.Api, Place.Name);

    /// <summary>Makes the binding, with all that a binding may carry.</summary>
    protected Task<V1RoleBinding> MakeAsync(string name = Name) => Change.MakeAsync(name, Cancellation);

    /// <summary>The binding, and a change in force that takes it away.</summary>
    /// <param name="second">Whether a second admin confirmed it.</param>
    /// <param name="makesEntry">Whether the change makes the entry; else an operator vouches for it.</param>
    internal async Task<StandingRemoval> ReviewedAsync(bool second = true, bool makesEntry = false)
    {
        (var removal, Entry) = await Change.ReviewedAsync(second, makesEntry, Cancellation);
        return removal;
    }

    /// <summary>An admin proves that the binding shall be made again.</summary>
    internal Task<StepUpProof> WantBackAsync(StandingRemoval removal, Actor? admin = null, string[]? groups = null) => Change.WantBackAsync(removal.Id, admin ?? Story.Dana, Cancellation, groups);

    /// <summary>A worker does all that can be done now, whatever was done before.</summary>
    internal async Task<StandingRemoval> WorkAsync(StandingRemoval removal)
    {
        await Database.ExecuteAsOwnerAsync("UPDATE standing_removals SET due_at = now() - interval '1 minute'", Cancellation);
        await Create().Get<StandingWorker>().RunAsync(removal.Id, Cancellation);
        return await ReadAsync(removal);
    }

    internal async Task<StandingRemoval> ReadAsync(StandingRemoval removal)
    {
        await using var db = Database.CreateDbContext();
        return await db.StandingRemovals.AsNoTracking().SingleAsync(r => r.Id == removal.Id, Cancellation);
    }

    protected Task<GetBindingResult> SeeAsync(string name = Name) => Change.SeeAsync(name, Cancellation);

    protected async Task<BindingObject> ThereAsync() => Xunit.Assert.IsType<GetBindingResult.Found>(await SeeAsync()).Binding;

    /// <summary>What the ledger says of it, without alerts.</summary>
    internal async Task<List<string>> ActsAsync(StandingRemoval removal) => [.. (await LedgerAsync(LedgerSubject.Of(removal.Id))).Select(e => e.Act).Where(act => act != LedgerActs.Alert)];

    /// <summary>The alerts about it: their kind, and the code where they have one.</summary>
    internal async Task<List<(string Kind, string? Code)>> AlertsAsync(StandingRemoval removal) =>
        [.. (await AlertsAsync(LedgerSubject.Of(removal.Id))).Select(alert => (alert["kind"]!.GetValue<string>(), alert["code"]?.GetValue<string>()))];

    protected static Rbacv1Subject User(string name) => StandingChange.User(name);
}

using System.Text;
using System.Text.Json.Nodes;
using k8s;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A database, a namespace of a real cluster, people, and replicas that are started when a test wants them.</summary>
public abstract class ReconciliationTest(PostgresFixture postgres, ControlPlaneFixture controlPlane) : DatabaseTest(postgres)
{
    private readonly List<IAsyncDisposable> _owned = [];

    internal Story Story { get; private set; } = null!;

    protected ControlPlaneFixture ControlPlane => controlPlane;

    protected TestNamespace Place { get; private set; } = null!;

    protected RoleRules Rules { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Place = await controlPlane.NamespaceAsync(Cancellation);
        Story = await Story.BeginAsync(Database, Place.Address, Cancellation);
        Rules = (await Place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, Cancellation)).Value;
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var owned in Enumerable.Reverse(_owned)) await owned.DisposeAsync();
        await Place.DisposeAsync();
        await base.DisposeAsync();
    }

    internal async Task<ReconcilerReplica> StartAsync(ReconciliationOptions? options = null, TimeProvider? clock = null) => Own(await ReconcilerReplica.StartAsync(Database, options, clock));

    internal ReconcilerReplica Create(ReconciliationOptions? options = null, TimeProvider? clock = null) => Own(ReconcilerReplica.Create(Database, options, clock: clock));

    /// <summary>An approved grant of “edit” in the test's namespace.</summary>
    internal async Task<Grant> ApprovedAsync(TimeSpan? duration = null, int approvals = 1, string role = "edit", Actor? requester = null)
    {
        var entry = await Story.EntryAsync([Place.Name], Cancellation, role, approvals);
        return (await Story.ApprovedAsync(entry, Rules, Cancellation, duration, requester)).Grants[0];
    }

    protected async Task<Grant> ReadAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        return await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation);
    }

    protected async Task<Grant> UntilAsync(Grant grant, params GrantStatus[] statuses)
    {
        var now = grant;
        try
        {
            await Wait.UntilAsync(async () => Array.IndexOf(statuses, (now = await ReadAsync(grant)).Status) >= 0, string.Join(" or ", statuses), Cancellation);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Never {string.Join(" or ", statuses)}, but {now.Status}: {now.FailureReason} {now.LastError}");
        }
        return now;
    }

    protected Task<GetBindingResult> LookAsync(Grant grant) => Place.Api.GetBindingAsync(BindingKeys.NameOf(grant.Id), grant.Namespace, Cancellation);

    protected async Task<bool> MayAsync(string user) =>
        (await Place.Api.ReviewPersonAsync(user, [], AccessQuestion.For("create", "", "configmaps", namespaceName: Place.Name), Cancellation)).Value.Allowed;

    protected Task UntilDeniedAsync(string user) => Wait.UntilAsync(async () => !await MayAsync(user), $"{user} is denied", Cancellation);

    /// <summary>What the ledger says about a subject, in its order.</summary>
    protected async Task<List<(string Act, JsonObject Content)>> LedgerAsync(string subject)
    {
        await using var db = Database.CreateDbContext();
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => e.Subject == subject).OrderBy(e => e.Sequence).ToListAsync(Cancellation);
        return [.. entries.Select(e => (e.Act, JsonNode.Parse(Encoding.UTF8.GetString(e.Content))!.AsObject()))];
    }

    protected async Task<List<string>> ActsAsync(Grant grant) => [.. (await LedgerAsync(LedgerSubject.Of(grant.Id))).Select(e => e.Act)];

    protected async Task<List<JsonObject>> AlertsAsync(string subject) => [.. (await LedgerAsync(subject)).Where(e => e.Act == LedgerActs.Alert).Select(e => e.Content)];

    protected async Task ChangeAsync(Grant grant, Action<PortalDbContext, Grant> change)
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var row = await db.Grants.FromSql($"SELECT *, xmin FROM grants WHERE id = {grant.Id.Value} FOR UPDATE").SingleAsync(Cancellation);
        change(db, row);
        await db.CommitAsync(Cancellation);
    }

    private T Own<T>(T owned) where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}

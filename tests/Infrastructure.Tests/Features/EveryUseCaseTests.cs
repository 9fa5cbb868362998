using System.Reflection;
using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>
/// Each use case called as every wrong person is refused and changes nothing. A method of a use case that is not in
/// the table fails <see cref="EveryUseCase_IsInTheTableWithEachOfItsMethods"/>. The table is in <c>EveryUseCaseTests.Table.cs</c>, what its rows act on in <c>EveryUseCaseTests.Subjects.cs</c>.
/// </summary>
public sealed partial class EveryUseCaseTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private ServiceProvider _services = null!;
    private readonly ScratchFolder _keys = new();
    private World _world = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _world = await World.CreateAsync(Database, Now, Cancellation);
        _services = TestFeatures.Create(Database, new FixedClock(Now), _keys, new OutboundOptions());
    }

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _keys.Dispose();
        await base.DisposeAsync();
    }

    [Fact]
    public void EveryUseCase_IsInTheTableWithEachOfItsMethods()
    {
        var marked = typeof(UseCaseAttribute).Assembly.GetTypes().Where(type => type.IsDefined(typeof(UseCaseAttribute), false)).ToList();

        Assert.NotEmpty(marked);
        Assert.Empty(marked.SelectMany(type => Methods(type).Where(method => Rows(type, method.Key) < method.Count()).Select(method => $"{type.Name}.{method.Key}")));
    }

    // Rebuilding an act only says what it is, and noting a refusal does nothing; who may do it is decided when it is done.
    private static IEnumerable<IGrouping<string, MethodInfo>> Methods(Type useCase) => useCase
        .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(method => !method.IsSpecialName && method.Name is not (nameof(IStepUpActHandler.RebuildAsync) or nameof(IStepUpActHandler.Refused)))
        .GroupBy(method => method.Name);

    private static int Rows(Type useCase, string method) => Table.Count(row =>
        row.UseCase == useCase && (row.Source.Contains($"<{useCase.Name}>().{method}(", StringComparison.Ordinal) || row.Source.Contains($"{method}<{useCase.Name}>(", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task UseCase_ByEveryWrongPerson_IsRefusedAndChangesNothing(string act)
    {
        var row = Table.Single(r => r.Act == act);
        await PrepareAsync();
        var before = await StateAsync();
        foreach (var actor in row.WrongPeople(_world))
        {
            Assert.NotNull(await row.Call(this, actor));
            Assert.Equal(before, await StateAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task UseCase_BySomebodyWhoseSignInIsNotGood_IsRefused(string act)
    {
        var row = Table.Single(r => r.Act == act);
        if (row.UseCase.IsAssignableTo(typeof(IStepUpActHandler))) return; // Called by the engine only, which has tests of its own for sessions.
        await PrepareAsync();
        foreach (var right in new[] { _world.Alice, _world.Bob, _world.Dana, _world.Dave })
        {
            foreach (var wrong in await _world.NotGoodAsync(right, Cancellation))
            {
                var before = await StateAsync();
                Assert.Contains((await row.Call(this, wrong))?.Code, new[] { "SignInAgain", "Disabled" });
                Assert.Equal(before, await StateAsync());
            }
        }
    }

    private static IEnumerable<Actor> NoAdmins(World w) => [w.Alice, w.Bob, w.Sam, w.Mallory];

    private T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    // Plays the engine's part: rebuilds and does the act in one transaction with a verified proof, and commits unless refused.
    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<AccessRequestId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<ConfigurationChangeId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<HoldId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<StandingRemovalId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Func<Task<PersonId>> subject, Actor actor, string[] groups) where T : IStepUpActHandler =>
        await ActAsync<T>(kind, (await subject()).Value, actor, groups);

    private async Task<Refusal?> ActAsync<T>(ActKind kind, Guid subject, Actor actor, string[] groups) where T : IStepUpActHandler
    {
        await using var db = Database.CreateDbContext();
        await using var transaction = await db.Database.BeginTransactionAsync(Cancellation);
        var challenge = StepUpChallenge.Draft(new(kind, subject, 1, "", false, "/"), actor.PersonId, actor.SessionId, Now);
        var named = await Get<T>().RebuildAsync(db, challenge, Cancellation);
        if (!named.Succeeded) return named.Refusal;
        challenge.Bind(named.Value.Act);
        var outcome = await Get<T>().ActAsync(db, challenge, _world.NewProof(challenge, groups), Cancellation);
        if (!outcome.Succeeded) return outcome.Refusal;
        await db.CommitAsync(Cancellation);
        return null;
    }

    // Everything that an act could change, in one string.
    private async Task<string> StateAsync()
    {
        await using var db = Database.CreateDbContext();
        var head = await db.LedgerHead.AsNoTracking().SingleAsync(Cancellation);
        var requests = await db.AccessRequests.AsNoTracking().OrderBy(r => r.Id).Select(r => $"{r.Id} {r.Status} {r.Version}").ToListAsync(Cancellation);
        var grants = await db.Grants.AsNoTracking().OrderBy(g => g.Id).Select(g => $"{g.Id} {g.Status}").ToListAsync(Cancellation);
        var changes = await db.ConfigurationChanges.AsNoTracking().OrderBy(c => c.Id).Select(c => $"{c.Id} {c.Status}").ToListAsync(Cancellation);
        var removals = await db.StandingRemovals.AsNoTracking().OrderBy(r => r.Id).Select(r => $"{r.Id} {r.Status}").ToListAsync(Cancellation);
        var people = await db.People.AsNoTracking().OrderBy(p => p.Id).Select(p => $"{p.Id} {p.DisabledAt}").ToListAsync(Cancellation);
        return string.Join('\n', [head.Sequence, .. requests, .. grants, .. changes, .. removals, .. people, await db.HoldEnds.CountAsync(Cancellation), await db.RbacAcceptances.CountAsync(Cancellation), await db.RbacFindings.Select(f => f.AcceptedUntil).SingleOrDefaultAsync(Cancellation), await db.Decisions.CountAsync(Cancellation), await db.StepUpChallenges.CountAsync(Cancellation)]);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>
/// An admin sees whether the provider proves freshness and the factor: a round with the second factor, a round without it, and
/// then the admin's word that it did not let them through (<see cref="ProviderTest"/>).
/// </summary>
[UseCase]
public sealed class TestProvider(
    IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, StepUpEngine stepUp, ProofVerifier proofs, ProviderGate gate, ProviderOptions options, PortalGroups groups, TimeProvider clock)
{
    /// <summary>The admin is none.</summary>
    internal static readonly Refusal NotAnAdmin = new("NotAnAdmin", "Only admins test the identity provider.");

    private static readonly Refusal NotUnderWay = new("TestNotUnderWay", "This test is over, took too long, or has shown nothing yet. Begin it again.", PortalPaths.AdminProvider);

    /// <summary>Begins the first round.</summary>
    public async Task<Outcome<StepUpChallengeId>> BeginAsync(Actor actor, CancellationToken cancellation) =>
        await RefuseAsync(actor, cancellation) is { } refused ? refused
        : await stepUp.BeginAsync(actor, ActKind.TestProvider, Guid.CreateVersion7(clock.GetUtcNow()), ProviderTest.FirstRound, "", confirmAfter: false, PortalPaths.AdminProvider, cancellation);

    /// <summary>Begins the second round, once more if it has shown nothing.</summary>
    public async Task<Outcome<StepUpChallengeId>> GoOnAsync(Actor actor, Guid test, CancellationToken cancellation) =>
        await RefuseAsync(actor, cancellation) is { } refused ? refused
        : await stepUp.BeginAsync(actor, ActKind.TestProvider, test, ProviderTest.SecondRound, "", confirmAfter: false, PortalPaths.AdminProvider, cancellation);

    /// <summary>
    /// Finishes a test whose second round brought no confirmation: from now on the provider may answer. What the first round proved
    /// is taken from the provider's own token and from no row, and it must have been about the settings as they are.
    /// </summary>
    public async Task<Outcome<Done>> FinishAsync(Actor actor, Guid test, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        if (!current.Value.IsAdmin) return NotAnAdmin;
        var found = await ProviderTestRun.FindAsync(db, actor.PersonId, actor.SessionId, test, now, cancellation);
        if (found?.Second is not { } left) return NotUnderWay;
        // An answer that arrives at this moment waits for the lock, or has been noted before it.
        await db.LockAsync(left.Id, cancellation);
        var run = await ProviderTestRun.FindAsync(db, actor.PersonId, actor.SessionId, test, now, cancellation);
        if (run is not { Stage: ProviderTestStage.NoAnswer or ProviderTestStage.Refused, Second: { } second } || second.Id != left.Id) return NotUnderWay;

        var proof = await db.StepUpProofs.AsNoTracking().SingleOrDefaultAsync(p => p.ChallengeId == run.First.Id, cancellation);
        var proved = await proofs.VerifyAsync(db, proof?.Id, StepUpActs.TestProvider(options.Settings(), test, actor.PersonId, ProviderTest.FirstRound), current.Value.Person, cancellation);
        if (!proved.Succeeded) return proved.Refusal!.Code == "ActChanged" ? new Refusal("SettingsChanged", "The settings are others than those that were tested. Begin the test again.") : proved.Refusal;
        if (!groups.IsAdmin(proved.Value.Groups)) return NotAnAdmin;
        if (proved.Value.AuthenticatedAt + ProviderTest.Lifetime <= now) return NotUnderWay;

        await db.StepUpChallenges.Where(c => c.Id == second.Id).ExecuteUpdateAsync(set => set.SetProperty(c => c.ConsumedAt, now), cancellation);
        gate.Pass(db, actor.PersonId, second.RefusalCode ?? ProviderTest.NoAnswer, ProofFacts.Of(proof!));
        await db.CommitAsync(cancellation);
        return new Done();
    }

    private async Task<Refusal?> RefuseAsync(Actor actor, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        return !current.Succeeded ? current.Refusal : current.Value.IsAdmin ? null : NotAnAdmin;
    }
}

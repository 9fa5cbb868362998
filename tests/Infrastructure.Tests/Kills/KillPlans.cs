using Lapse.Infrastructure.Reconciliation;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>The plans that reach every step of a grant's life.</summary>
internal static class KillPlans
{
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(100);

    /// <summary>A life in which nobody is killed; its steps are points to be killed at.</summary>
    public static KillPlan Untouched { get; } = new();

    /// <summary>A life that fails: the role is not there. Its steps are points too.</summary>
    public static KillPlan Failing { get; } = new() { Role = "lapse-no-such-role", ComesAbout = false };

    /// <summary>Steps that only a life has that was killed before.</summary>
    public static IReadOnlyList<KillPlan> Twice { get; } =
    [
        new(new Kill(ReconciliationSteps.Create), new Kill(ReconciliationSteps.Adopt)),
        // Long enough that it is still active however slow the start is; the clock of the last life is past its end.
        new(new Kill(ReconciliationSteps.Activate), new Kill(ReconciliationSteps.Inspect)) { Duration = TimeSpan.FromMinutes(3), AheadAtLast = TimeSpan.FromSeconds(190) },
        new(new Kill(ReconciliationSteps.Prepare), new Kill(ReconciliationSteps.Discard) { Ahead = Ahead }) { AheadAtLast = Ahead, Announcements = 2 },
    ];

    /// <summary>Steps that the other plans reach too, in another order; each life costs several starts of the portal, so the benchmark program plays these.</summary>
    public static IReadOnlyList<KillPlan> More { get; } =
    [
        new(new Kill(ReconciliationSteps.Prepare), new Kill(ReconciliationSteps.Adopt)),
        new(new Kill(ReconciliationSteps.Delete), new Kill(ReconciliationSteps.Delete), new Kill(ReconciliationSteps.Prove)),
    ];

    /// <summary>Nobody is there when the grant ends.</summary>
    public static KillPlan DownAtTheEnd { get; } = new(new Kill(ReconciliationSteps.Activate) { DownUntilTheEnd = true }) { Duration = TimeSpan.FromSeconds(1) };

    /// <summary>An extension takes over, and the portal is killed at one step after the other, in one life: before the hand-over, after it, and in the end of the old access.</summary>
    public static KillPlan TakeOver { get; } = new(new Kill(ReconciliationSteps.Create), new Kill(ReconciliationSteps.Verify), new Kill(ReconciliationSteps.Activate), new Kill(ReconciliationSteps.Delete), new Kill(ReconciliationSteps.Prove));

    private static readonly Kill[] Removing = [new(ReconciliationSteps.StandingCheck), new(ReconciliationSteps.StandingAnnounce), new(ReconciliationSteps.StandingDelete), new(ReconciliationSteps.StandingRecord)];
    private static readonly Kill[] Restoring = [new(ReconciliationSteps.StandingCheck), new(ReconciliationSteps.StandingCreate), new(ReconciliationSteps.StandingRecord)];

    /// <summary>A standing binding is removed and made again, and the portal is killed at one step after the other of both, in one life.</summary>
    public static KillPlan Standing { get; } = new(Removing) { Restoring = Restoring };

    /// <summary>The same, with a kill at one step alone.</summary>
    public static IReadOnlyList<KillPlan> StandingOnce { get; } = [.. Removing.Select(kill => new KillPlan(kill)), .. Restoring.Select(kill => new KillPlan { Restoring = [kill] })];

    /// <summary>A kill at the end of each step that these lives had.</summary>
    public static IReadOnlyList<KillPlan> Once(IEnumerable<string> untouched, IEnumerable<string> failing) =>
    [
        .. untouched.Distinct().Where(IsSure).Select(step => new KillPlan(new Kill(step))),
        .. failing.Distinct().Where(IsSure).Except(untouched).Select(step => Failing with { Kills = [new Kill(step)] }),
    ];

    // Whether somebody happens to look at an active grant is chance; that step has a plan of its own.
    private static bool IsSure(string step) => step != ReconciliationSteps.Inspect;
}

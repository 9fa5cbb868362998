using System.Diagnostics;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Telemetry;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// The steps of a grant's life, each an <see cref="Activity"/> of the source <see cref="SourceName"/> that starts before the step
/// does anything and stops after what it did is recorded. The names are stable: dashboards and kill tests rely on them.
/// </summary>
public static class ReconciliationSteps
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "Lapse.Reconciliation";

    /// <summary>The tag with the grant's id.</summary>
    public const string GrantTag = "lapse.grant";

    /// <summary>The tag of a claim with its lane.</summary>
    public const string LaneTag = "lapse.lane";

    /// <summary>The tag of a claim with how many grants it took.</summary>
    public const string ClaimedTag = "lapse.claimed";

    /// <summary>A worker takes grants that are due.</summary>
    public const string Claim = "claim";

    /// <summary>A worker works on one grant, in as many steps as can be done now; each step is linked to it.</summary>
    public const string Pass = "pass";

    /// <summary>Evidence, people, request and role are checked anew.</summary>
    public const string Check = "provision.check";

    /// <summary>What is about to be created is recorded.</summary>
    public const string Prepare = "provision.prepare";

    /// <summary>The binding is sent.</summary>
    public const string Create = "provision.create";

    /// <summary>After a lost answer or a crash: a look by name for what may have been created.</summary>
    public const string Adopt = "provision.adopt";

    /// <summary>The probe is asked whether the binding works.</summary>
    public const string Verify = "provision.verify";

    /// <summary>The grant becomes active.</summary>
    public const string Activate = "provision.activate";

    /// <summary>A binding that did not become usable in time is taken back.</summary>
    public const string Discard = "provision.discard";

    /// <summary>The grant is given up.</summary>
    public const string Fail = "provision.fail";

    /// <summary>The binding of an active grant is looked at.</summary>
    public const string Inspect = "active.inspect";

    /// <summary>The end begins.</summary>
    public const string End = "revoke.begin";

    /// <summary>The binding is deleted.</summary>
    public const string Delete = "revoke.delete";

    /// <summary>It is proved that nothing is there.</summary>
    public const string Prove = "revoke.prove";

    /// <summary>The grant is recorded as over.</summary>
    public const string Finish = "revoke.finish";

    /// <summary>The tag with the id of the removal of a standing binding.</summary>
    public const string RemovalTag = "lapse.removal";

    /// <summary>What was reviewed about a standing binding is verified.</summary>
    public const string StandingCheck = "standing.check";

    /// <summary>The deletion of a standing binding is recorded before it is sent.</summary>
    public const string StandingAnnounce = "standing.announce";

    /// <summary>A standing binding is deleted.</summary>
    public const string StandingDelete = "standing.delete";

    /// <summary>A standing binding that was removed is made again.</summary>
    public const string StandingCreate = "standing.create";

    /// <summary>What became of a standing binding is recorded.</summary>
    public const string StandingRecord = "standing.record";

    /// <summary>Every step about a standing binding.</summary>
    public static IReadOnlyList<string> OfAStandingBinding { get; } = [StandingCheck, StandingAnnounce, StandingDelete, StandingCreate, StandingRecord];

    /// <summary>A cluster's bindings are compared with the grants.</summary>
    public const string Sweep = "sweep";

    /// <summary>Every step of one grant, in the order of a life without trouble.</summary>
    public static IReadOnlyList<string> OfAGrant { get; } =
        [Claim, Pass, Check, Prepare, Create, Adopt, Verify, Activate, Discard, Fail, Inspect, End, Delete, Prove, Finish];

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>A step that is about no single grant.</summary>
    internal static Activity? Start(string step) => Source.StartActivity(step);

    /// <summary>A step about a standing binding.</summary>
    internal static Activity? Start(string step, StandingRemovalId removal)
    {
        var activity = Source.StartActivity(step);
        activity?.SetTag(RemovalTag, removal.ToString());
        return activity;
    }

    /// <summary>A step of a grant, in the trace of its request.</summary>
    internal static Activity? Start(string step, Grant grant)
    {
        var activity = LapseTraces.Start(Source, step, grant.RequestId);
        activity?.SetTag(GrantTag, grant.Id.ToString());
        return activity;
    }
}

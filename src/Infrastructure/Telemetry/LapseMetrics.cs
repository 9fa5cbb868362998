using System.Diagnostics;
using System.Diagnostics.Metrics;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Telemetry;

/// <summary>
/// What happens, as numbers. Names are stable: dashboards and alerts rely on them; docs/operations.md lists each with its alert. No label
/// has a person, a reason or anything else that somebody typed.
/// </summary>
public static class LapseMetrics
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Lapse";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<double> TimeToUsable = Meter.CreateHistogram(
        "lapse.grant.time_to_usable", "s", "From the approval, or the wanted start, until the access was verified usable.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900] });

    private static readonly Histogram<double> EndLateness = Meter.CreateHistogram(
        "lapse.grant.end_lateness", "s", "From when a grant should have ended until it was proved gone.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600] });

    private static readonly Counter<long> GrantsOver = Meter.CreateCounter<long>("lapse.grants.over", "{grant}", "Grants that ended or failed, by how.");
    private static readonly Counter<long> Alerts = Meter.CreateCounter<long>("lapse.alerts", "{alert}", "Alerts, by kind.");
    private static readonly Counter<long> StepUpsProved = Meter.CreateCounter<long>("lapse.step_ups.proved", "{step_up}", "Step-ups whose token held, by act.");
    private static readonly Counter<long> StepUpsRefused = Meter.CreateCounter<long>("lapse.step_ups.refused", "{step_up}", "Step-ups that were refused, by the rule that refused.");

    private static readonly Counter<long> TooMany = Meter.CreateCounter<long>("lapse.rate_limited", "{attempt}", "What was refused because there was too much of it, by limit and by what was counted.");

    private static readonly Histogram<double> LookDuration = Meter.CreateHistogram(
        "lapse.rbac.look_duration", "s", "How long it took to read the RBAC of a cluster and to keep what came of it, by how it ended.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] });

    /// <summary>A look at the RBAC of a cluster is over.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="outcome">How it ended: <c>Unchanged</c>, <c>Snapshot</c>, <c>Overtaken</c> or <c>Failed</c>.</param>
    /// <param name="took">How long it took.</param>
    public static void Looked(string cluster, string outcome, TimeSpan took) => LookDuration.Record(took.TotalSeconds, new TagList { { "cluster", cluster }, { "outcome", outcome } });

    /// <summary>A grant became usable.</summary>
    public static void Usable(Grant grant)
    {
        var wanted = grant.StartsAt > grant.CreatedAt ? grant.StartsAt : grant.CreatedAt;
        if (grant.UsableAt is { } usable) TimeToUsable.Record(Math.Max(0, (usable - wanted).TotalSeconds));
    }

    /// <summary>A grant is over. One that ran to its end is late from there on, any other from when it was ended.</summary>
    public static void Over(Grant grant)
    {
        GrantsOver.Add(1, new TagList { { "how", grant.FailureReason?.ToString() ?? grant.EndReason?.ToString() ?? "" } });
        var should = grant.EndReason == EndReason.Expired ? grant.EndsAt : grant.RevokingSince;
        if (should is { } since && grant.EndedAt is { } ended) EndLateness.Record(Math.Max(0, (ended - since).TotalSeconds));
    }

    /// <summary>Something in a cluster or in the records is not as it must be.</summary>
    /// <param name="kind">One of the kinds of docs/operations.md.</param>
    public static void Alert(string kind) => Alerts.Add(1, new TagList { { "kind", kind } });

    /// <summary>A step-up was proved.</summary>
    /// <param name="act">The kind of act.</param>
    public static void Proved(string act) => StepUpsProved.Add(1, new TagList { { "act", act } });

    /// <summary>A step-up was refused.</summary>
    /// <param name="code">The refusal's code.</param>
    public static void Refused(string code) => StepUpsRefused.Add(1, new TagList { { "code", code } });

    /// <summary>Something was refused because there was too much of it.</summary>
    /// <param name="limit">Which limit.</param>
    /// <param name="by">What was counted: <c>address</c> or <c>person</c>.</param>
    public static void RateLimited(string limit, string by) => TooMany.Add(1, new TagList { { "limit", limit }, { "by", by } });
}

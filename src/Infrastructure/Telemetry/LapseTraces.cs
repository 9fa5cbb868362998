using System.Diagnostics;
using Lapse.Domain;
using Lapse.Domain.StepUp;

namespace Lapse.Infrastructure.Telemetry;

/// <summary>
/// One trace for each access request, from the first step-up to the proved end, whatever replica does which part and however often it was
/// restarted: the trace's id is the request's, so nothing has to be kept or handed on. A span has ids and codes, never what somebody typed.
/// </summary>
public static class LapseTraces
{
    /// <summary>The name of the activity source.</summary>
    public const string SourceName = "Lapse";

    /// <summary>The tag with the request's id.</summary>
    public const string RequestTag = "lapse.request";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace of a request.</summary>
    public static ActivityTraceId TraceOf(AccessRequestId request) => ActivityTraceId.CreateFromString(request.Value.ToString("N"));

    /// <summary>Begins a span in the trace of a request.</summary>
    /// <param name="name">What is done, such as <c>decision.approve</c>.</param>
    /// <param name="request">The request.</param>
    public static Activity? Start(string name, AccessRequestId request) => Start(Source, name, request);

    /// <summary>Begins a span of a step-up: in the trace of the request that it is about; about anything else where it was called.</summary>
    /// <param name="name">What is done, such as <c>step-up.begin</c>.</param>
    /// <param name="act">The kind of act.</param>
    /// <param name="subject">What the act is about.</param>
    public static Activity? Start(string name, ActKind act, Guid subject)
    {
        var span = act is ActKind.SubmitRequest or ActKind.ApproveRequest ? Start(Source, name, AccessRequestId.From(subject)) : Source.StartActivity(name);
        span?.SetTag("lapse.act", act.ToString());
        return span;
    }

    /// <summary>Notes why nothing came of it.</summary>
    public static void Refused(this Activity? span, Refusal? refusal)
    {
        if (refusal is not null) span?.SetTag("lapse.refused", refusal.Code);
    }

    internal static Activity? Start(ActivitySource source, string name, AccessRequestId request)
    {
        // Without a span that it belongs under, each act is a root of its own in the one trace. What called it is linked.
        var called = Activity.Current;
        var trace = TraceOf(request);
        var parent = called?.TraceId == trace ? called.Context : new ActivityContext(trace, default, ActivityTraceFlags.Recorded);
        var span = source.StartActivity(name, ActivityKind.Internal, parent, links: called is null || called.TraceId == trace ? null : [new ActivityLink(called.Context)]);
        span?.SetTag(RequestTag, request.ToString());
        return span;
    }
}

using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.Rbac;

/// <summary>How many findings of each severity.</summary>
/// <param name="Critical">Critical ones.</param>
/// <param name="High">High ones.</param>
/// <param name="Medium">Medium ones.</param>
/// <param name="Low">Low ones.</param>
/// <param name="Info">Those worth knowing.</param>
public sealed record FindingCounts(int Critical, int High, int Medium, int Low, int Info)
{
    /// <summary>None.</summary>
    public static FindingCounts None { get; } = new(0, 0, 0, 0, 0);

    /// <summary>All of them.</summary>
    public int Total => Critical + High + Medium + Low + Info;

    /// <summary>How many of one severity.</summary>
    public int Of(Severity severity) => severity switch
    {
        Severity.Critical => Critical,
        Severity.High => High,
        Severity.Medium => Medium,
        Severity.Low => Low,
        Severity.Info => Info,
    };
}

/// <summary>A cluster and how its audit is: the head of each page.</summary>
/// <param name="Id">The cluster.</param>
/// <param name="Name">Its short name, which addresses carry.</param>
/// <param name="Title">Its title.</param>
/// <param name="Environment">Its environment.</param>
/// <param name="LookedAt">When Lapse last looked at the whole of it; <see langword="null"/> if never.</param>
/// <param name="Failure">Why the last look came to nothing; empty if it did not.</param>
/// <param name="Snapshot">The number of the newest snapshot; 0 if there is none.</param>
/// <param name="TakenAt">When that was taken.</param>
/// <param name="Gaps">What could not be read, each with the rule that is wanted.</param>
/// <param name="NotEvaluated">The checks that could not be made.</param>
/// <param name="Open">Standing findings that nobody accepted.</param>
/// <param name="Accepted">Standing findings that are accepted: hidden, but counted.</param>
public sealed record RbacHead(
    ClusterId Id, string Name, string Title, ClusterEnvironment Environment, DateTimeOffset? LookedAt, string Failure, int Snapshot, DateTimeOffset? TakenAt,
    IReadOnlyList<Gap> Gaps, IReadOnlyList<NotEvaluated> NotEvaluated, FindingCounts Open, FindingCounts Accepted);

/// <summary>Asks for all clusters.</summary>
public sealed record RbacOverviewAsk;

/// <summary>All clusters that are in use.</summary>
/// <param name="Clusters">By title.</param>
public sealed record RbacOverviewView(IReadOnlyList<RbacHead> Clusters);

/// <summary>Which findings, by how they stand.</summary>
public enum FindingStanding
{
    /// <summary>Those that stand and are not accepted.</summary>
    Open,

    /// <summary>Those that stand and are accepted.</summary>
    Accepted,

    /// <summary>All that stand.</summary>
    Standing,

    /// <summary>Those that are gone.</summary>
    Gone,
}

/// <summary>Which findings are wanted. Texts come from an address and may say anything; what no finding can match finds none.</summary>
/// <param name="Severities">Only these; empty for all.</param>
/// <param name="Check">Only of this check; empty for all.</param>
/// <param name="Subject">Only of this subject, as <c>ServiceAccount ci/deployer</c>; empty for all.</param>
/// <param name="Namespace">Only those that reach this namespace or are about it; empty for all.</param>
/// <param name="Text">Part of evidence, subject, role, binding, check or title; empty for all.</param>
/// <param name="Standing">How they stand.</param>
/// <param name="OnlyNew">Only those that stand for less than <see cref="NewFor"/>.</param>
public sealed record FindingFilter(
    IReadOnlyList<Severity> Severities, string Check = "", string Subject = "", string Namespace = "", string Text = "",
    FindingStanding Standing = FindingStanding.Open, bool OnlyNew = false)
{
    /// <summary>The longest text, in characters.</summary>
    public const int LongestText = 300;

    /// <summary>How long a finding is new.</summary>
    public static readonly TimeSpan NewFor = TimeSpan.FromDays(7);

    /// <summary>Everything that is open.</summary>
    public static FindingFilter None { get; } = new([]);
}

/// <summary>A place in the list: the gravest first, then by check and fingerprint.</summary>
public sealed record FindingCursor(Severity Severity, string Check, string Fingerprint);

/// <summary>What the list of findings is asked.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Filter">Which.</param>
/// <param name="After">Where the part before ended.</param>
/// <param name="Take">How many, 1 to <see cref="Most"/>.</param>
public sealed record RbacFindingsAsk(string Cluster, FindingFilter Filter, FindingCursor? After = null, int Take = RbacFindingsAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 50;

    /// <summary>The most that come at once.</summary>
    public const int Most = 200;
}

/// <summary>A part of the findings of a cluster.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Found">How many the filter means, by severity.</param>
/// <param name="Rows">The gravest first.</param>
/// <param name="Next">Where more begin; <see langword="null"/> when there are no more.</param>
/// <param name="Checks">The checks that have standing findings, for the filter.</param>
/// <param name="Namespaces">The namespaces of standing findings, for the filter.</param>
/// <param name="MayAccept">Whether whoever looks may accept findings.</param>
public sealed record RbacFindingsView(
    RbacHead Head, FindingCounts Found, IReadOnlyList<FindingRow> Rows, FindingCursor? Next, IReadOnlyList<CheckCount> Checks, IReadOnlyList<string> Namespaces, bool MayAccept);

/// <summary>How many standing findings a check has.</summary>
/// <param name="Check">Its id.</param>
/// <param name="Title">What it finds.</param>
/// <param name="Count">How many.</param>
public sealed record CheckCount(string Check, string Title, int Count);

/// <summary>A finding for reading.</summary>
/// <param name="Fingerprint">Which; the same in every scan.</param>
/// <param name="Check">The check's id.</param>
/// <param name="Title">What it finds.</param>
/// <param name="Severity">How grave it is here.</param>
/// <param name="Subject">Who has it; <see langword="null"/> where it is about an object alone.</param>
/// <param name="Role">The role; may be empty.</param>
/// <param name="Binding">The binding; may be empty.</param>
/// <param name="Namespace">What it reaches; empty for the whole cluster.</param>
/// <param name="Evidence">What shows it.</param>
/// <param name="Fix">What to do about it.</param>
/// <param name="FirstSeenAt">When it was first seen.</param>
/// <param name="StandsSince">Since when it stands; later if it was gone in between.</param>
/// <param name="LastSnapshot">The number of the last snapshot that shows it; <see langword="null"/> while the newest does.</param>
/// <param name="GoneAt">When it was seen to be gone; <see langword="null"/> while it stands.</param>
/// <param name="NotEvaluatedSince">Since when it could not be looked for; <see langword="null"/> while it can.</param>
/// <param name="AcceptedUntil">When it comes back; <see langword="null"/> if nobody accepts it now.</param>
/// <param name="IsNew">Whether it stands for less than <see cref="FindingFilter.NewFor"/>.</param>
public sealed record FindingRow(
    string Fingerprint, string Check, string Title, Severity Severity, Subject? Subject, string Role, string Binding, string Namespace, string Evidence, string Fix,
    DateTimeOffset FirstSeenAt, DateTimeOffset StandsSince, int? LastSnapshot, DateTimeOffset? GoneAt, DateTimeOffset? NotEvaluatedSince, DateTimeOffset? AcceptedUntil, bool IsNew)
{
    /// <summary>Why the audit itself accepts it; empty for nearly all.</summary>
    public string AcceptedBecause { get; init; } = "";
}

/// <summary>Asks for one finding.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Fingerprint">Which.</param>
public sealed record RbacFindingAsk(string Cluster, string Fingerprint);

/// <summary>One finding with everything that is known of it.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Finding">The finding.</param>
/// <param name="Rules">The rules that show it.</param>
/// <param name="Acceptances">Its acceptances and their withdrawals, newest first.</param>
/// <param name="MayAccept">Whether whoever looks may accept it.</param>
/// <param name="LongestAcceptance">How long it may be accepted at most.</param>
public sealed record RbacFindingView(RbacHead Head, FindingRow Finding, IReadOnlyList<KeptRule> Rules, IReadOnlyList<AcceptanceRow> Acceptances, bool MayAccept, TimeSpan LongestAcceptance);

/// <summary>An acceptance or its withdrawal.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who answers for it; empty for a withdrawal.</param>
/// <param name="Until">When the finding comes back; <see langword="null"/> for a withdrawal.</param>
/// <param name="Severity">How grave it was then.</param>
/// <param name="By">Who did it.</param>
/// <param name="At">When.</param>
public sealed record AcceptanceRow(string Reason, string Owner, DateTimeOffset? Until, Severity Severity, string By, DateTimeOffset At);

/// <summary>Asks for the snapshots of a cluster, which are also its risk over time.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Before">Only those before this number; <see langword="null"/> for the newest.</param>
/// <param name="Take">How many, 1 to <see cref="Most"/>.</param>
public sealed record RbacHistoryAsk(string Cluster, int? Before = null, int Take = RbacHistoryAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 50;

    /// <summary>The most that come at once, for a picture.</summary>
    public const int Most = 1000;
}

/// <summary>A part of a cluster's snapshots.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Snapshots">Newest first.</param>
/// <param name="Next">Before which number the next part begins; <see langword="null"/> when there is none.</param>
public sealed record RbacHistoryView(RbacHead Head, IReadOnlyList<SnapshotRow> Snapshots, int? Next);

/// <summary>A snapshot for reading.</summary>
/// <param name="Number">Which one of the cluster.</param>
/// <param name="TakenAt">When.</param>
/// <param name="Added">Objects that were not in the one before.</param>
/// <param name="Changed">Objects that say something else.</param>
/// <param name="Removed">Objects that are not there any more.</param>
/// <param name="Objects">How many objects there are of each kind.</param>
/// <param name="Findings">Standing findings, accepted ones among them.</param>
/// <param name="Accepted">How many of them were accepted then.</param>
/// <param name="Gaps">What could not be read.</param>
public sealed record SnapshotRow(
    int Number, DateTimeOffset TakenAt, int Added, int Changed, int Removed, IReadOnlyDictionary<string, int> Objects, FindingCounts Findings, int Accepted, IReadOnlyList<Gap> Gaps);

/// <summary>Asks what is different between two snapshots.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="From">The earlier number; <see langword="null"/> for the one before <paramref name="To"/>.</param>
/// <param name="To">The later number; <see langword="null"/> for the newest.</param>
public sealed record RbacDiffAsk(string Cluster, int? From = null, int? To = null);

/// <summary>What is different between two snapshots.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="From">The earlier one.</param>
/// <param name="To">The later one.</param>
/// <param name="Changes">By kind, namespace and name; at most <see cref="Most"/>.</param>
/// <param name="Total">How many there are.</param>
/// <param name="NotCompared">Kinds that one of the two could not read.</param>
public sealed record RbacDiffView(RbacHead Head, SnapshotRow From, SnapshotRow To, IReadOnlyList<RbacChange> Changes, int Total, IReadOnlyList<string> NotCompared)
{
    /// <summary>The most changes that are shown.</summary>
    public const int Most = 500;
}

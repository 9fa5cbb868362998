using Lapse.Infrastructure.Ledger;

namespace Lapse.Portal.Features.Ledger;

/// <summary>Which entries are wanted. Texts come from an address and may say anything; what no entry can match finds none.</summary>
/// <param name="Act">A family of acts such as <c>request</c>, or one act such as <c>request.approved</c>; empty means all.</param>
/// <param name="Actor">A person's user name, or an actor as the ledger writes it; empty means everybody.</param>
/// <param name="Subject">A subject as the ledger writes it, such as <c>request:ID</c>; empty means all.</param>
/// <param name="From">The earliest moment.</param>
/// <param name="To">The first moment that is too late.</param>
public sealed record LedgerFilter(string Act = "", string Actor = "", string Subject = "", DateTimeOffset? From = null, DateTimeOffset? To = null)
{
    /// <summary>Whether it leaves anything out.</summary>
    public bool IsSet => Act.Length > 0 || Actor.Length > 0 || Subject.Length > 0 || From is not null || To is not null;
}

/// <summary>What the page asks.</summary>
/// <param name="Filter">Which entries.</param>
/// <param name="Before">Only entries before this sequence; <see langword="null"/> for the newest.</param>
/// <param name="Take">How many, 1 to 200.</param>
public sealed record LedgerAsk(LedgerFilter Filter, long? Before = null, int Take = LedgerAsk.Page)
{
    /// <summary>How many one part has.</summary>
    public const int Page = 50;
}

/// <summary>A part of the ledger.</summary>
/// <param name="Rows">The entries, newest first.</param>
/// <param name="Next">Before which sequence the next part begins; <see langword="null"/> when there is none.</param>
public sealed record LedgerView(IReadOnlyList<LedgerRow> Rows, long? Next);

/// <summary>One entry for reading.</summary>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Time">When.</param>
/// <param name="Actor">Who, as written.</param>
/// <param name="ActorName">Who, in words.</param>
/// <param name="ActorUserName">The user name of a person; <see langword="null"/> for others.</param>
/// <param name="Act">What, as written.</param>
/// <param name="Subject">To what, as written.</param>
/// <param name="SubjectName">To what, in words.</param>
/// <param name="SubjectLink">The page of it; <see langword="null"/> where it has none.</param>
/// <param name="Content">The details as stored: canonical JSON.</param>
/// <param name="PreviousHash">The hash before, lower hex.</param>
/// <param name="Hash">The hash, lower hex.</param>
public sealed record LedgerRow(
    long Sequence, DateTimeOffset Time, string Actor, string ActorName, string? ActorUserName, string Act,
    string Subject, string SubjectName, string? SubjectLink, string Content, string PreviousHash, string Hash);

/// <summary>What a verification on the page is asked.</summary>
/// <param name="Expected">What was noted earlier, <c>SEQUENCE:HASH</c>, or a signed checkpoint; empty if nothing was.</param>
public sealed record VerificationAsk(string Expected);

/// <summary>What a verification on the page found.</summary>
/// <param name="Result">The finding.</param>
/// <param name="At">When it was looked.</param>
public sealed record VerificationView(LedgerVerification Result, DateTimeOffset At);

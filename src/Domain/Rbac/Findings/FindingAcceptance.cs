using Lapse.Domain.Text;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>
/// Somebody takes responsibility for a finding until a day, or takes that back. Never changed once written: the newest one of
/// a finding counts.
/// </summary>
public sealed class FindingAcceptance
{
    /// <summary>The longest reason, in characters.</summary>
    public const int LongestReason = 1000;

    /// <summary>The longest name of an owner, in characters.</summary>
    public const int LongestOwner = 200;

    /// <summary>Its id.</summary>
    public required FindingAcceptanceId Id { get; init; }

    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>The finding.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Who answers for it, in words; empty for a withdrawal.</summary>
    public required string Owner { get; init; }

    /// <summary>When the finding comes back; <see langword="null"/> for a withdrawal.</summary>
    public required DateTimeOffset? Until { get; init; }

    /// <summary>How grave the finding was then.</summary>
    public required int Gravity { get; init; }

    /// <summary>The admin.</summary>
    public required PersonId PersonId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Whether it takes an acceptance back.</summary>
    public bool IsWithdrawal => Until is null;

    /// <summary>Whether these words are an acceptance.</summary>
    /// <param name="reason">Why; must say something.</param>
    /// <param name="owner">Who answers for it; must say something.</param>
    /// <param name="until">When it comes back: after now, and no later than <paramref name="longest"/> from now.</param>
    /// <param name="now">The moment.</param>
    /// <param name="longest">The longest that anything may be accepted.</param>
    /// <returns>Why not, or <see langword="null"/>.</returns>
    public static Refusal? Check(string reason, string owner, DateTimeOffset until, DateTimeOffset now, TimeSpan longest)
    {
        ArgumentNullException.ThrowIfNull(reason);
        ArgumentNullException.ThrowIfNull(owner);
        if (CheckReason(reason) is { } refusal) return refusal;
        if (owner.Trim() is not { Length: > 0 and <= LongestOwner } name || !PlainText.IsLine(name)) return new("OwnerMissing", $"Say who answers for it, in one line of at most {LongestOwner} characters.");
        if (until <= now) return new("EndPassed", "Choose a day to come: an acceptance always ends.");
        return until > now + longest ? new("EndTooLate", $"Nothing is accepted for longer than {(int)longest.TotalDays} days. Choose an earlier day; it can be accepted again then.") : null;
    }

    /// <summary>Whether these words are a reason.</summary>
    public static Refusal? CheckReason(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return reason.Trim() is { Length: > 0 and <= LongestReason } why && PlainText.IsText(why) ? null : new("ReasonMissing", $"Say why, in at most {LongestReason} characters.");
    }
}

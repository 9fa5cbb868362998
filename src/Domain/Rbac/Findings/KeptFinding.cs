using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>A rule that shows a finding, as it was when the finding was last seen.</summary>
/// <param name="Binding">The binding, as <see cref="RbacObject.Reference"/>.</param>
/// <param name="Role">The role, as <see cref="RbacObject.Reference"/>.</param>
/// <param name="Index">Which rule of the role, from 0.</param>
/// <param name="Rule">The rule.</param>
public sealed record KeptRule(string Binding, string Role, int Index, PolicyRule Rule);

/// <summary>
/// A finding through time: since when it stands, when it was gone, and until when somebody accepted it. What could not be
/// looked at stays as it was, and says since when.
/// </summary>
public sealed class KeptFinding
{
    /// <summary>The longest text that is kept of evidence or a fix, in characters.</summary>
    public const int LongestText = 4000;

    /// <summary>The longest name that is kept, in characters.</summary>
    public const int LongestName = 600;

    /// <summary>The most items that are kept of each list of a rule.</summary>
    public const int MostItems = 100;

    /// <summary>The most rules that are kept.</summary>
    public const int MostRules = 20;

    /// <summary>The cluster.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary><see cref="Finding.Fingerprint"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The check.</summary>
    public required string CheckId { get; init; }

    /// <summary>What the check finds, in a few words.</summary>
    public string Title { get; private set; } = "";

    /// <summary>How grave it is, as a number, so that PostgreSQL can sort by it.</summary>
    public int Gravity { get; private set; }

    /// <summary>Who has it, as <see cref="Subject.ToString"/> says; empty where it is about an object alone.</summary>
    public required string SubjectText { get; init; }

    /// <summary>What kind of subject has it.</summary>
    public required SubjectKind? SubjectKind { get; init; }

    /// <summary>The subject's name; empty where there is none.</summary>
    public required string SubjectName { get; init; }

    /// <summary>The namespace of a ServiceAccount; otherwise empty.</summary>
    public required string SubjectNamespace { get; init; }

    /// <summary>The role, as <see cref="RbacObject.Reference"/>; empty where none is involved.</summary>
    public required string Role { get; init; }

    /// <summary>The binding, as <see cref="RbacObject.Reference"/>; empty where none is involved.</summary>
    public required string Binding { get; init; }

    /// <summary>The namespace that it reaches or is about; empty for the whole cluster.</summary>
    public required string Namespace { get; init; }

    /// <summary>Which rule of which role through which binding reaches which object, in words.</summary>
    public string Evidence { get; private set; } = "";

    /// <summary>What to do about it here.</summary>
    public string Fix { get; private set; } = "";

    /// <summary>The rules that show it, at most <see cref="MostRules"/>.</summary>
    public IReadOnlyList<KeptRule> Rules { get; private set; } = [];

    /// <summary>When it was first seen.</summary>
    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>Since when it stands; later than <see cref="FirstSeenAt"/> if it was gone in between.</summary>
    public DateTimeOffset StandsSince { get; private set; }

    /// <summary>
    /// The last snapshot that shows it, once it is gone or not evaluated; <see langword="null"/> while every new one shows it, so that a
    /// snapshot writes only findings that are different.
    /// </summary>
    public int? LastSnapshot { get; private set; }

    /// <summary>When it was seen to be gone; <see langword="null"/> while it stands.</summary>
    public DateTimeOffset? GoneAt { get; private set; }

    /// <summary>Since when its check could not be made; <see langword="null"/> while it can.</summary>
    public DateTimeOffset? NotEvaluatedSince { get; private set; }

    /// <summary>Until when it is accepted, by the newest <see cref="FindingAcceptance"/>; <see langword="null"/> if it is not.</summary>
    public DateTimeOffset? AcceptedUntil { get; private set; }

    /// <summary>How grave it was when it was accepted: what became graver since is not hidden.</summary>
    public int? AcceptedGravity { get; private set; }

    /// <summary>Why the audit itself accepts it (<see cref="Finding.AcceptedBecause"/>), as of the newest snapshot; empty for nearly all.</summary>
    public string AcceptedBecause { get; private set; } = "";

    /// <summary>How grave it is here.</summary>
    public Severity Severity => (Severity)Gravity;

    /// <summary>Who has it; <see langword="null"/> where it is about an object alone.</summary>
    public Subject? Subject => SubjectKind is { } kind ? new Subject(kind, SubjectName, SubjectNamespace) : null;

    /// <summary>Whether it is hidden by default at this moment.</summary>
    public bool IsAccepted(DateTimeOffset now) => AcceptedBecause.Length > 0 || (AcceptedUntil > now && Gravity <= AcceptedGravity);

    /// <summary>A finding that was never seen before.</summary>
    public static KeptFinding New(ClusterId cluster, Finding finding, DateTimeOffset takenAt)
    {
        ArgumentNullException.ThrowIfNull(finding);
        var kept = new KeptFinding
        {
            ClusterId = cluster,
            Fingerprint = finding.Fingerprint,
            CheckId = finding.Check.Id,
            SubjectText = Name(finding.Subject?.ToString() ?? ""),
            SubjectKind = finding.Subject?.Kind,
            SubjectName = Name(finding.Subject?.Name ?? ""),
            SubjectNamespace = Name(finding.Subject?.Namespace ?? ""),
            Role = Name(finding.Role),
            Binding = Name(finding.Binding),
            Namespace = Name(finding.Namespace),
            FirstSeenAt = takenAt,
            StandsSince = takenAt,
        };
        kept.Seen(finding, takenAt);
        return kept;
    }

    /// <summary>It is there, now as it is.</summary>
    public void Seen(Finding finding, DateTimeOffset takenAt)
    {
        ArgumentNullException.ThrowIfNull(finding);
        if (GoneAt is not null) (GoneAt, StandsSince) = (null, takenAt);
        (NotEvaluatedSince, LastSnapshot) = (null, null);
        (Title, Gravity) = (Short(finding.Check.Title, 200), (int)finding.Severity);
        (Evidence, Fix, AcceptedBecause) = (Short(finding.Evidence, LongestText), Short(finding.Fix, LongestText), Short(finding.AcceptedBecause, LongestName));
        Rules = [.. finding.Rules.Take(MostRules).Select(by => new KeptRule(Name(by.Binding.Reference), Name(by.Role.Reference), by.RuleIndex, Cut(by.Rule)))];
    }

    /// <summary>It was looked for and is not there any more.</summary>
    /// <param name="lastSnapshot">The number of the snapshot before the one that does not show it.</param>
    /// <param name="takenAt">When that one was taken.</param>
    public void Gone(int lastSnapshot, DateTimeOffset takenAt) => (GoneAt, LastSnapshot, NotEvaluatedSince) = (takenAt, LastSnapshot ?? lastSnapshot, null);

    /// <summary>It could not be looked for: it stands as it was last seen.</summary>
    /// <param name="lastSnapshot">The number of the snapshot before the one that could not show it.</param>
    /// <param name="takenAt">When that one was taken.</param>
    public void NotEvaluated(int lastSnapshot, DateTimeOffset takenAt) =>
        // Whether it is still no more than what is accepted could not be looked for either.
        (NotEvaluatedSince, LastSnapshot, AcceptedBecause) = (NotEvaluatedSince ?? takenAt, LastSnapshot ?? lastSnapshot, "");

    /// <summary>Somebody accepted it, or took that back.</summary>
    public void Follow(FindingAcceptance acceptance)
    {
        ArgumentNullException.ThrowIfNull(acceptance);
        (AcceptedUntil, AcceptedGravity) = (acceptance.Until, acceptance.Until is null ? null : acceptance.Gravity);
    }

    // One crafted role must not fill the database once for each of its subjects.
    private static PolicyRule Cut(PolicyRule rule) => new()
    {
        Verbs = Cut(rule.Verbs),
        ApiGroups = Cut(rule.ApiGroups),
        Resources = Cut(rule.Resources),
        ResourceNames = Cut(rule.ResourceNames),
        NonResourceUrls = Cut(rule.NonResourceUrls),
    };

    private static ImmutableArray<string> Cut(ImmutableArray<string> list) =>
        list.Length <= MostItems && list.All(text => text.Length <= LongestName) ? list : [.. list.Take(MostItems).Select(Name), .. list.Length > MostItems ? ["…"] : Array.Empty<string>()];

    private static string Name(string text) => Short(text, LongestName);

    // PostgreSQL knows no U+0000, and the API server lets a name have it.
    private static string Short(string text, int longest)
    {
        text = text.Replace('\0', '\u2400');
        if (text.Length <= longest) return text;
        var end = longest - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return string.Concat(text.AsSpan(0, end), "…");
    }
}

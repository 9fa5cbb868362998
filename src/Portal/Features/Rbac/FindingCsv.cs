using System.Text;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Text;
using Lapse.Portal.Features.Ledger;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Findings as comma-separated values (RFC 4180), safe to open in a spreadsheet.</summary>
public static class FindingCsv
{
    /// <summary>The first line.</summary>
    public static string Header { get; } = "id,title,severity,subject,role,binding,namespace,evidence,attack,fix,cis,mitre,first_seen,stands_since,gone,accepted_until,fingerprint,accepted_because\r\n";

    /// <summary>One finding as one line.</summary>
    /// <param name="text">Where it is written.</param>
    /// <param name="finding">The finding.</param>
    /// <param name="at">As of when it is accepted or not.</param>
    public static void Append(StringBuilder text, KeptFinding finding, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(finding);
        var check = RbacWords.CheckOf(finding.CheckId);
        ReadOnlySpan<string> cells =
        [
            finding.CheckId, finding.Title, RbacWords.Lower(finding.Severity), finding.SubjectText, finding.Role, finding.Binding, finding.Namespace, finding.Evidence, check?.Attack ?? "", finding.Fix,
            string.Join(' ', check?.Cis ?? []), string.Join(' ', check?.Mitre ?? []), CanonicalTime.Text(finding.FirstSeenAt), CanonicalTime.Text(finding.StandsSince),
            finding.GoneAt is { } gone ? CanonicalTime.Text(gone) : "", finding.IsAccepted(at) && finding.AcceptedUntil is { } until ? CanonicalTime.Text(until) : "", finding.Fingerprint, finding.AcceptedBecause,
        ];
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0) text.Append(',');
            text.Append(LedgerCsv.Cell(cells[i]));
        }
        text.Append("\r\n");
    }
}

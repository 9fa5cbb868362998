using System.Buffers;
using System.Globalization;
using System.Text;
using Lapse.Domain.Text;

namespace Lapse.Portal.Features.Ledger;

/// <summary>Entries as comma-separated values (RFC 4180), safe to open in a spreadsheet.</summary>
public static class LedgerCsv
{
    // What makes a spreadsheet take a cell for a formula (OWASP, CSV injection).
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r\n");
    private static readonly SearchValues<char> Special = SearchValues.Create("\",\r\n");

    /// <summary>The first line.</summary>
    public static string Header { get; } = "sequence,time,actor,actor_user_name,act,subject,content,previous_hash,hash\r\n";

    /// <summary>One entry as one line.</summary>
    public static void Append(StringBuilder text, ExportedEntry exported)
    {
        var entry = exported.Entry;
        ReadOnlySpan<string> cells =
        [
            entry.Sequence.ToString(CultureInfo.InvariantCulture), CanonicalTime.Text(entry.Time), entry.Actor, exported.ActorUserName ?? "", entry.Act, entry.Subject,
            Encoding.UTF8.GetString(entry.Content), Convert.ToHexStringLower(entry.PreviousHash), Convert.ToHexStringLower(entry.Hash),
        ];
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0) text.Append(',');
            text.Append(Cell(cells[i]));
        }
        text.Append("\r\n");
    }

    /// <summary>One cell: an apostrophe in front of what would be a formula, quotation marks around what has commas, quotation marks or line ends.</summary>
    public static string Cell(string value)
    {
        var safe = value.Length > 0 && Formula.Contains(value[0]) ? "'" + value : value;
        return safe.AsSpan().ContainsAny(Special) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

using System.Globalization;
using System.Text;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>Rows under each other for a terminal.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [];

    /// <summary>How a cell of a column is coloured on a terminal: an ANSI code, or nothing.</summary>
    public Func<int, string, string?>? Colour { get; init; }

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Shown)]);

    public void Print()
    {
        var widths = heads.Select((head, column) => _rows.Select(row => row[column].Length).Append(head.Length).Max()).ToArray();
        Print(heads, widths, null);
        foreach (var row in _rows) Print(row, widths, IsTerminal ? Colour : null);
    }

    /// <summary>
    /// A text as a terminal may show it. Names in manifests are anybody's: a control character, or one that turns the
    /// direction of writing, could rewrite what stands on the screen.
    /// </summary>
    public static string Shown(string text)
    {
        if (!text.Any(IsUnsafe)) return text;
        var shown = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (IsUnsafe(c)) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else shown.Append(c);
        }

        return shown.ToString();
    }

    private static bool IsTerminal { get; } =
        !System.Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "" && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    private static bool IsUnsafe(char c) => char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static void Print(string[] row, int[] widths, Func<int, string, string?>? colour)
    {
        var line = new StringBuilder();
        for (var column = 0; column < row.Length; column++)
        {
            var code = colour?.Invoke(column, row[column]);
            if (code is not null) line.Append("\u001b[").Append(code).Append('m');
            line.Append(row[column]);
            if (code is not null) line.Append("\u001b[0m");
            if (column < row.Length - 1) line.Append(' ', widths[column] - row[column].Length + 2);
        }

        System.Console.Out.WriteLine(line.ToString().TrimEnd());
    }
}

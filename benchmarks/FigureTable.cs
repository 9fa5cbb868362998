using System.Globalization;

namespace Lapse.Benchmarks;

/// <summary>The figures of a run, printed as a table that Markdown takes as it is.</summary>
internal sealed class FigureTable
{
    private readonly List<Figure> _figures = [];

    /// <summary>What was measured so far.</summary>
    public IReadOnlyList<Figure> Figures => _figures;

    /// <summary>Adds a figure, and says so at once on standard error.</summary>
    public void Add(Figure figure)
    {
        _figures.Add(figure);
        Console.Error.WriteLine($"  {figure.Name}: {Number(figure.Measured)} {figure.Unit}");
    }

    /// <summary>Writes the table.</summary>
    public void Write(TextWriter to)
    {
        string[][] rows =
        [
            ["figure", "measured", "limit", "ratio", "aim", "met"],
            .. _figures.Select(f => (string[])[f.Name, $"{Number(f.Measured)} {f.Unit}".TrimEnd(), f.Limit is { } limit ? $"{Number(limit)} {f.Unit}" : "", f.Ratio is { } ratio ? Number(ratio) : "", f.Aim, f.Met switch { true => "yes", false => "no", null => "" }]),
        ];
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        for (var i = 0; i < rows.Length; i++)
        {
            to.WriteLine($"| {string.Join(" | ", rows[i].Select((cell, column) => cell.PadRight(widths[column])))} |");
            if (i == 0) to.WriteLine($"| {string.Join(" | ", widths.Select(width => new string('-', width)))} |");
        }
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}

using System.Globalization;
using System.Text;
using Lapse.Domain.Rbac.Findings;

namespace Lapse.Portal.Features.Rbac;

/// <summary>A band of the picture of risk over time.</summary>
/// <param name="Name">What it counts, as the stylesheet and the legend call it.</param>
/// <param name="Points">The corners of its area, for an SVG of <see cref="RiskSeries.Width"/> by <see cref="RiskSeries.Height"/>.</param>
internal sealed record RiskBand(string Name, string Points);

/// <summary>
/// The findings of each snapshot stacked by severity over time. A count stands until the next snapshot, so the lines are steps:
/// between two looks nothing rose slowly.
/// </summary>
internal sealed class RiskSeries
{
    /// <summary>The width of the picture's own units.</summary>
    public const int Width = 1000;

    /// <summary>The height of the picture's own units.</summary>
    public const int Height = 100;

    private static readonly (string Name, Func<FindingCounts, int> Count)[] Layers =
    [
        ("critical", counts => counts.Critical), ("high", counts => counts.High), ("medium", counts => counts.Medium), ("low", counts => counts.Low + counts.Info),
    ];

    private RiskSeries(IReadOnlyList<RiskBand> bands, int most, DateTimeOffset from, DateTimeOffset until) => (Bands, Most, From, Until) = (bands, most, from, until);

    /// <summary>From the bottom: critical, high, medium, and low with info.</summary>
    public IReadOnlyList<RiskBand> Bands { get; }

    /// <summary>The count at the upper edge.</summary>
    public int Most { get; }

    /// <summary>The moment at the left edge.</summary>
    public DateTimeOffset From { get; }

    /// <summary>The moment at the right edge.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>Draws snapshots.</summary>
    /// <param name="snapshots">At least one, in any order.</param>
    /// <param name="now">The moment at the right edge; a snapshot after it moves it.</param>
    public static RiskSeries Of(IEnumerable<SnapshotRow> snapshots, DateTimeOffset now)
    {
        var rows = snapshots.OrderBy(row => row.TakenAt).ToList();
        var (from, until) = (rows[0].TakenAt, rows[^1].TakenAt > now ? rows[^1].TakenAt : now);
        var most = Math.Max(1, rows.Max(row => row.Findings.Total));
        double span = Math.Max(1, (until - from).Ticks);
        var bands = new List<RiskBand>();
        var (floor, xs) = (new double[rows.Count], rows.ConvertAll(row => (row.TakenAt - from).Ticks / span * Width));
        foreach (var (name, count) in Layers)
        {
            double[] top = [.. rows.Select((row, i) => floor[i] + ((double)count(row.Findings) / most * Height))];
            bands.Add(new(name, Corners(xs, floor, top)));
            floor = top;
        }
        return new(bands, most, from, until);
    }

    // Along the top from left to right, and back along the floor; each height stands until the next snapshot.
    private static string Corners(List<double> xs, double[] floor, double[] top)
    {
        var text = new StringBuilder();
        void Point(double x, double height) => text.Append(CultureInfo.InvariantCulture, $"{x:0.##},{Height - height:0.##} ");
        for (var i = 0; i < xs.Count; i++)
        {
            Point(xs[i], top[i]);
            Point(i + 1 < xs.Count ? xs[i + 1] : Width, top[i]);
        }
        for (var i = xs.Count - 1; i >= 0; i--)
        {
            Point(i + 1 < xs.Count ? xs[i + 1] : Width, floor[i]);
            Point(xs[i], floor[i]);
        }
        return text.ToString().TrimEnd();
    }
}

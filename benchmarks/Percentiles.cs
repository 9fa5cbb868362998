namespace Lapse.Benchmarks;

/// <summary>Percentiles of measured numbers, by the nearest rank: always a number that was measured.</summary>
internal static class Percentiles
{
    /// <summary>The number that so many percent do not exceed.</summary>
    /// <exception cref="InvalidOperationException">Nothing was measured.</exception>
    public static double Of(IEnumerable<double> values, double percent)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0
            ? throw new InvalidOperationException("Nothing was measured.")
            : sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}

namespace Lapse.Benchmarks;

/// <summary>One line of the table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Measured">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">What no correct system can beat, measured in the same run; <see langword="null"/> where the aim is a number.</param>
/// <param name="Ratio">How many times worse than the limit; <see langword="null"/> without a limit.</param>
/// <param name="Aim">What was aimed for, in words; empty for a figure that only explains another.</param>
/// <param name="Met">Whether the aim was met; <see langword="null"/> without one.</param>
internal sealed record Figure(string Name, double Measured, string Unit, double? Limit, double? Ratio, string Aim, bool? Met)
{
    /// <summary>Less is better: a time against the time that cannot be avoided.</summary>
    public static Figure Time(string name, double measured, double limit, double aim, string unit = "ms") =>
        new(name, measured, unit, limit, measured / limit, FormattableString.Invariant($"ratio at most {aim:0.##}"), measured / limit <= aim);

    /// <summary>More is better: a rate against the rate that is possible.</summary>
    public static Figure Rate(string name, double measured, double limit, double aim) =>
        new(name, measured, "/s", limit, limit / measured, FormattableString.Invariant($"ratio at most {aim:0.##}"), limit / measured <= aim);

    /// <summary>A time beside the time that cannot be avoided, without an aim.</summary>
    public static Figure Beside(string name, double measured, double limit, string unit = "ms") => new(name, measured, unit, limit, measured / limit, "", null);

    /// <summary>Less is better, against a number.</summary>
    public static Figure Most(string name, double measured, string unit, double aim) =>
        new(name, measured, unit, null, null, FormattableString.Invariant($"below {aim:0.##} {unit}"), measured < aim);

    /// <summary>A count that must be nothing.</summary>
    public static Figure None(string name, long measured) => new(name, measured, "", null, null, "none", measured == 0);

    /// <summary>A number that explains another; nothing is aimed for.</summary>
    public static Figure Note(string name, double measured, string unit) => new(name, measured, unit, null, null, "", null);
}

using System.Globalization;

namespace Lapse.Domain.Text;

/// <summary>Writes a double as ECMAScript's <c>Number::toString</c> does, which RFC 8785 (3.2.2.3) takes for numbers.</summary>
internal static class EcmaScriptNumber
{
    /// <summary>The shortest digits that read back as the same double, in ECMAScript's notation.</summary>
    /// <param name="value">A finite number; minus zero becomes <c>0</c>.</param>
    internal static string Format(double value)
    {
        if (value == 0) return "0";

        // .NET finds the same shortest digits as ECMAScript but places point and exponent otherwise: take them apart.
        var round = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var mark = round.IndexOf('E', StringComparison.Ordinal);
        var exponent = mark < 0 ? 0 : int.Parse(round[(mark + 1)..], CultureInfo.InvariantCulture);
        var mantissa = mark < 0 ? round : round[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var all = mantissa.Replace(".", "", StringComparison.Ordinal);
        var significant = all.TrimStart('0');
        var n = (point < 0 ? mantissa.Length : point) - (all.Length - significant.Length) + exponent;
        return (value < 0 ? "-" : "") + Place(significant.TrimEnd('0'), n);
    }

    /// <summary>ECMA-262, 6.1.6.1.20: <paramref name="n"/> is the place of the decimal point from the first digit.</summary>
    private static string Place(string digits, int n)
    {
        var k = digits.Length;
        if (k <= n && n <= 21) return digits + new string('0', n - k);
        if (n is > 0 and <= 21) return $"{digits[..n]}.{digits[n..]}";
        if (n is > -6 and <= 0) return "0." + new string('0', -n) + digits;
        var power = n - 1;
        var exponent = (power < 0 ? "e-" : "e+") + Math.Abs(power).ToString(CultureInfo.InvariantCulture);
        return k == 1 ? digits + exponent : $"{digits[0]}.{digits[1..]}{exponent}";
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using Lapse.Portal.Components;
using MudBlazor;
using MudBlazor.Utilities;

namespace Lapse.Portal.Tests.Layout;

public sealed partial class ThemeTests
{
    private static readonly Dictionary<string, Func<Palette, MudColor>> Shared = new()
    {
        ["bg"] = palette => palette.Background,
        ["surface"] = palette => palette.Surface,
        ["sunken"] = palette => palette.BackgroundGray,
        ["text"] = palette => palette.TextPrimary,
        ["muted"] = palette => palette.TextSecondary,
        ["line"] = palette => palette.LinesDefault,
        ["line-input"] = palette => palette.LinesInputs,
        ["accent"] = palette => palette.Primary,
        ["good"] = palette => palette.Success,
        ["waiting"] = palette => palette.Warning,
        ["bad"] = palette => palette.Error,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Theme_Colours_AreThoseOfTheStylesheet(bool dark)
    {
        var colours = Stylesheet(dark);
        Palette palette = dark ? LapseTheme.Theme.PaletteDark : LapseTheme.Theme.PaletteLight;

        Assert.All(Shared, pair => Assert.Equal(colours[pair.Key], pair.Value(palette).ToString(MudColorOutputFormats.Hex)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Stylesheet_TextOnItsGround_HasTheContrastOfAa(bool dark)
    {
        var colours = Stylesheet(dark);
        (string Text, string Ground)[] pairs =
        [
            .. from text in new[] { "text", "muted", "accent", "good", "waiting", "bad" }
               from ground in new[] { "bg", "surface", "sunken" }
               select (text, ground),
            ("text", "hover"), ("muted", "hover"), ("muted", "neutral-soft"), ("accent", "accent-soft"),
            ("good", "good-soft"), ("waiting", "waiting-soft"), ("bad", "bad-soft"), ("text", "bad-soft"),
            ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-bad", "bad"), ("on-bad", "bad-hover"),
        ];

        Assert.All(pairs, pair => Assert.True(
            Contrast(colours[pair.Text], colours[pair.Ground]) >= 4.5, $"{pair.Text} on {pair.Ground}"));
        Assert.True(Contrast(colours["line-input"], colours["surface"]) >= 3, "the border of a field on its ground");
    }

    private static Dictionary<string, string> Stylesheet(bool dark)
    {
        var css = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "app.css"));
        var blocks = css.Split(":root[data-theme=\"dark\"]", 2);
        var light = blocks[0];
        var block = dark ? blocks[1][..blocks[1].IndexOf('}', StringComparison.Ordinal)] : light;
        return Token().Matches(block).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["hex"].Value);
    }

    // WCAG 2.1, relative luminance and contrast ratio.
    private static double Contrast(string one, string other)
    {
        var (lighter, darker) = (Math.Max(Luminance(one), Luminance(other)), Math.Min(Luminance(one), Luminance(other)));
        return (lighter + 0.05) / (darker + 0.05);
    }

    private static double Luminance(string hex)
    {
        var parts = Enumerable.Range(0, 3)
            .Select(i => int.Parse(hex.AsSpan(1 + (2 * i), 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255d)
            .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4))
            .ToArray();
        return (0.2126 * parts[0]) + (0.7152 * parts[1]) + (0.0722 * parts[2]);
    }

    [GeneratedRegex(@"--(?<name>[a-z-]+): (?<hex>#[0-9a-f]{6});")]
    private static partial Regex Token();
}

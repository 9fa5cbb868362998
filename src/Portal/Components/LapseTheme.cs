using MudBlazor;

namespace Lapse.Portal.Components;

/// <summary>
/// The one theme for MudBlazor's components. Its colours are those of <c>wwwroot/app.css</c>; every pair of text and
/// ground in it has a contrast of at least 4.5 to 1 (WCAG 2.1 AA), which MudBlazor's own palettes do not.
/// </summary>
public static class LapseTheme
{
    /// <summary>The fonts of the viewer's own system; nothing is loaded from elsewhere.</summary>
    private static readonly string[] SystemFonts =
        ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "Arial", "sans-serif"];

    /// <summary>The theme, light and dark.</summary>
    public static MudTheme Theme { get; } = new()
    {
        PaletteLight = Light(),
        PaletteDark = Dark(),
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "48px" },
        Typography = Type(),
    };

    private static PaletteLight Light() => new()
    {
        Primary = "#4a3dc9",
        PrimaryDarken = "#3c31a8",
        Secondary = "#ad1457",
        Tertiary = "#00695c",
        Info = "#0b5cad",
        InfoDarken = "#084a8c",
        Success = "#1b6e30",
        SuccessDarken = "#145524",
        Warning = "#8a4b00",
        WarningDarken = "#6e3c00",
        Error = "#b71c1c",
        ErrorDarken = "#921414",
        TextPrimary = "#1b1b24",
        TextSecondary = "#5b5b6b",
        TextDisabled = "#6f6f7e",
        ActionDefault = "#5b5b6b",
        ActionDisabled = "#6f6f7e",
        ActionDisabledBackground = "#eff0f3",
        Background = "#fbfbfc",
        BackgroundGray = "#f5f5f7",
        Surface = "#ffffff",
        DrawerBackground = "#f5f5f7",
        AppbarBackground = "#ffffff",
        AppbarText = "#1b1b24",
        LinesDefault = "#e3e3e9",
        LinesInputs = "#8a8a98",
        TableLines = "#e3e3e9",
        Divider = "#e3e3e9",
    };

    private static PaletteDark Dark() => new()
    {
        Primary = "#b4adfa",
        PrimaryContrastText = "#1a1a27",
        PrimaryDarken = "#b4adfa",
        PrimaryLighten = "#b4adfa",
        Secondary = "#ff9ec0",
        SecondaryContrastText = "#1a1a27",
        SecondaryDarken = "#ff9ec0",
        SecondaryLighten = "#ff9ec0",
        Tertiary = "#5fe0c4",
        TertiaryContrastText = "#1a1a27",
        TertiaryDarken = "#5fe0c4",
        TertiaryLighten = "#5fe0c4",
        Info = "#8ac4ff",
        InfoContrastText = "#1a1a27",
        InfoDarken = "#8ac4ff",
        InfoLighten = "#8ac4ff",
        Success = "#5fdb9e",
        SuccessContrastText = "#1a1a27",
        SuccessDarken = "#5fdb9e",
        SuccessLighten = "#5fdb9e",
        Warning = "#ffc65c",
        WarningContrastText = "#1a1a27",
        WarningDarken = "#ffc65c",
        WarningLighten = "#ffc65c",
        Error = "#ff9aa5",
        ErrorContrastText = "#1a1a27",
        ErrorDarken = "#ff9aa5",
        ErrorLighten = "#ff9aa5",
        TextPrimary = "#ececf1",
        TextSecondary = "#a6a6b5",
        TextDisabled = "#8f8f9f",
        ActionDefault = "#a6a6b5",
        ActionDisabled = "#8f8f9f",
        ActionDisabledBackground = "#24242d",
        Background = "#121218",
        BackgroundGray = "#16161c",
        Surface = "#1a1a21",
        DrawerBackground = "#16161c",
        AppbarBackground = "#16161c",
        AppbarText = "#ececf1",
        LinesDefault = "#2b2b36",
        LinesInputs = "#71717f",
        TableLines = "#2b2b36",
        Divider = "#2b2b36",
    };

    private static Typography Type() => new()
    {
        Default = new DefaultTypography { FontFamily = SystemFonts, FontSize = "14px", LineHeight = "1.5", LetterSpacing = "normal" },
        H1 = new H1Typography { FontFamily = SystemFonts, FontSize = "22px", FontWeight = "600", LineHeight = "1.3", LetterSpacing = "-0.01em" },
        H2 = new H2Typography { FontFamily = SystemFonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "normal" },
        H3 = new H3Typography { FontFamily = SystemFonts, FontSize = "14px", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "normal" },
        H6 = new H6Typography { FontFamily = SystemFonts, FontSize = "16px", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "normal" },
        Body1 = new Body1Typography { FontFamily = SystemFonts, FontSize = "14px", LineHeight = "1.5", LetterSpacing = "normal" },
        Body2 = new Body2Typography { FontFamily = SystemFonts, FontSize = "13px", LineHeight = "1.5", LetterSpacing = "normal" },
        Button = new ButtonTypography { FontFamily = SystemFonts, FontSize = "14px", FontWeight = "500", LineHeight = "20px", LetterSpacing = "normal", TextTransform = "none" },
        Caption = new CaptionTypography { FontFamily = SystemFonts, FontSize = "12px", LineHeight = "1.4", LetterSpacing = "normal" },
        Overline = new OverlineTypography { FontFamily = SystemFonts, FontSize = "12px", LineHeight = "1.4", LetterSpacing = "normal", TextTransform = "none" },
    };
}

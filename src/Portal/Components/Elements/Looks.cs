using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;

namespace Lapse.Portal.Components.Elements;

/// <summary>What a colour means, the same on every page.</summary>
public enum Tone
{
    /// <summary>Grey: ended, or of no weight.</summary>
    Neutral,

    /// <summary>The accent: under way by itself.</summary>
    Accent,

    /// <summary>Green: active, done.</summary>
    Good,

    /// <summary>Amber: waits for somebody, or ends soon.</summary>
    Waiting,

    /// <summary>Red: denied, overdue, failed, dangerous.</summary>
    Bad,
}

/// <summary>How a state is shown: always a word and an icon, never colour alone.</summary>
/// <param name="Word">The state in a word or three, such as <c>Awaiting approval</c>.</param>
/// <param name="Tone">What its colour means.</param>
/// <param name="Icon">One of <c>Glyphs</c>.</param>
public sealed record StateLook(string Word, Tone Tone, string Icon);

/// <summary>What kind of button it is.</summary>
public enum ButtonLook
{
    /// <summary>One of several things to do.</summary>
    Plain,

    /// <summary>The one main action of a page.</summary>
    Primary,

    /// <summary>Takes something away; its text says what.</summary>
    Danger,

    /// <summary>Text only, for what matters least.</summary>
    Quiet,
}

/// <summary>One choice of a filter.</summary>
/// <param name="Value">Its text in the address; empty for "all", which leaves the address without the filter.</param>
/// <param name="Label">Its word on the chip.</param>
public sealed record FilterOption(string Value, string Label);

internal static class LookClasses
{
    public static string Of(Tone tone) => tone switch
    {
        Tone.Neutral => "neutral",
        Tone.Accent => "accent",
        Tone.Good => "good",
        Tone.Waiting => "waiting",
        Tone.Bad => "bad",
    };

    public static string Of(ButtonLook look) => look switch
    {
        ButtonLook.Plain => "btn",
        ButtonLook.Primary => "btn btn-primary",
        ButtonLook.Danger => "btn btn-danger",
        ButtonLook.Quiet => "btn btn-quiet",
    };

    public static string Of(ClusterEnvironment environment) => environment switch
    {
        ClusterEnvironment.Production => "production",
        ClusterEnvironment.Staging => "staging",
        ClusterEnvironment.Development => "development",
    };

    public static string Of(RoleDanger danger) => danger switch
    {
        RoleDanger.Dangerous => "danger",
        RoleDanger.Notable => "change",
        RoleDanger.None => "read",
    };
}

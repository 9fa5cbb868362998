using Lapse.Domain.StepUp;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Icons;

namespace Lapse.Portal.Features.Admin;

/// <summary>Says how the provider stands and what a test showed.</summary>
internal static class ProviderWords
{
    /// <summary>The state in a chip.</summary>
    public static StateLook Look(ProviderStanding standing) => standing switch
    {
        ProviderStanding.Sandbox => new("Needs no test in the sandbox", Tone.Good, Glyphs.Done),
        ProviderStanding.Tested => new("Tested", Tone.Good, Glyphs.Done),
        ProviderStanding.NotTested => new("Not tested", Tone.Waiting, Glyphs.Warning),
        ProviderStanding.Failed => new("Test failed", Tone.Bad, Glyphs.Denied),
        ProviderStanding.SandboxOnly => new("For the sandbox only", Tone.Bad, Glyphs.Denied),
    };

    /// <summary>Whether it may answer step-ups, and why.</summary>
    public static string Standing(ProviderStanding standing) => standing switch
    {
        ProviderStanding.Sandbox => "People can confirm with it: this is the sandbox's own provider, which needs no test in the sandbox. You can run the test all the same.",
        ProviderStanding.Tested => "People can confirm with it.",
        ProviderStanding.NotTested => "Nobody can ask, approve or change anything yet: the provider has not been tested with the settings as they are.",
        ProviderStanding.Failed => "Nobody can ask, approve or change anything: the provider confirmed somebody in the round without second factor.",
        ProviderStanding.SandboxOnly => "Nobody can ask, approve or change anything: this provider is for the sandbox, and Lapse does not run in its sandbox.",
    };

    /// <summary>A round by its number.</summary>
    public static string Round(int round) => round == ProviderTest.SecondRound ? "second round" : "first round";

    /// <summary>One line of the history, after the name of the admin.</summary>
    public static string Result(ProviderTestLine line) => line switch
    {
        { Passed: false } => $"saw it fail in the {Round(line.Round)}.",
        { Code: ProviderTest.NoAnswer } => "saw it pass: confirmed with the second factor, and no answer without it.",
        _ => $"saw it pass: confirmed with the second factor, refused without it ({line.Code}).",
    };
}

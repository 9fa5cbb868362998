namespace Lapse.Domain.StepUp;

/// <summary>How far a self-test of the provider is.</summary>
public enum ProviderTestStage
{
    /// <summary>None is under way: never begun, over, or too old.</summary>
    None,

    /// <summary>The first round was confirmed; the second has not left yet.</summary>
    SecondWanted,

    /// <summary>The second round left for the provider, and nothing has come back.</summary>
    NoAnswer,

    /// <summary>The second round came back without a confirmation, as it should.</summary>
    Refused,

    /// <summary>The second round came back with something that shows nothing, such as a provider that was down.</summary>
    Repeat,
}

/// <summary>
/// The self-test of the provider, in two rounds asked exactly alike. In the first an admin signs in with the second factor and
/// every rule must hold. In the second, right after it and in the same browser, the admin gives no second factor: a provider that
/// confirms them all the same does not ask, whatever time and class it writes into its tokens. Only somebody at the screen
/// can tell whether it asked, so the admin finishes the test.
/// </summary>
public static class ProviderTest
{
    /// <summary>The version of the act in the first round.</summary>
    public const int FirstRound = 1;

    /// <summary>The version of the act in the second round.</summary>
    public const int SecondRound = 2;

    /// <summary>How long the first round stands for the second.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>The code of the refusal when the provider confirms somebody who gave no second factor.</summary>
    public const string ConfirmedWithoutFactor = "ConfirmedWithoutFactor";

    /// <summary>The result of a second round that brought no answer.</summary>
    public const string NoAnswer = "NoAnswer";

    // The provider said no, or its token said itself what was missing. The words are shown to the admin, who finishes the test or repeats it.
    private static readonly HashSet<string> Refusals = new(StringComparer.Ordinal) { "ProviderDenied", "ProviderRefused", "FactorMissing", "NotFresh", "SameAuthentication" };

    /// <summary>How far it is.</summary>
    /// <param name="first">The challenge of the first round.</param>
    /// <param name="seconds">Every challenge of the second round, the newest first.</param>
    /// <param name="now">The time.</param>
    public static ProviderTestStage StageOf(StepUpChallenge first, IReadOnlyList<StepUpChallenge> seconds, DateTimeOffset now)
    {
        if (first.ConsumedAt is not { } proved || proved + Lifetime <= now) return ProviderTestStage.None;
        if (seconds.Any(s => s.ConsumedAt is not null || s.RefusalCode == ConfirmedWithoutFactor)) return ProviderTestStage.None;
        return seconds.FirstOrDefault(s => s.StartedAt is not null) switch
        {
            null => ProviderTestStage.SecondWanted,
            { AbandonedAt: null } => ProviderTestStage.NoAnswer,
            { RefusalCode: { } code } when Refusals.Contains(code) => ProviderTestStage.Refused,
            _ => ProviderTestStage.Repeat,
        };
    }
}

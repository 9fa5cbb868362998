namespace Lapse.Domain.Catalogue;

/// <summary>What can be said of the reaper in a cluster.</summary>
public enum ReaperState
{
    /// <summary>The cluster has none that leaves a sign, and never had.</summary>
    None,

    /// <summary>It ran lately and left nothing, or was installed only just now.</summary>
    Working,

    /// <summary>It is expected, but has not run for <see cref="ReaperSign.Silence"/>.</summary>
    Silent,

    /// <summary>It runs, but something that had to go is left, or it could not look.</summary>
    Failing,
}

/// <summary>The sign that a reaper leaves in its cluster after each run.</summary>
/// <param name="InstalledAt">When the object that carries it was made, by the API server's clock.</param>
/// <param name="RanAt">When it last saw the whole cluster, by the API server's clock; <see langword="null"/> if never.</param>
/// <param name="Clean">Whether the last run left nothing.</param>
/// <param name="Words">What the last run says.</param>
public sealed record ReaperSign(DateTimeOffset InstalledAt, DateTimeOffset? RanAt, bool Clean, string Words)
{
    /// <summary>The namespace of the object that carries it.</summary>
    public const string Namespace = "lapse-reaper";

    /// <summary>The object's name.</summary>
    public const string Name = "lapse-reaper";

    /// <summary>The annotation that says whether the last run left nothing.</summary>
    public const string OutcomeAnnotation = "lapse.dev/reaper-outcome";

    /// <summary>The annotation with what the last run says.</summary>
    public const string WordsAnnotation = "lapse.dev/reaper-words";

    /// <summary>The outcome of a run that left nothing.</summary>
    public const string CleanOutcome = "Clean";

    /// <summary>The outcome of any other run.</summary>
    public const string FailedOutcome = "Failed";

    /// <summary>For how long nothing may be heard of a reaper that runs each minute.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    /// <summary>Judges what was found, by the API server's own time: whose clock is wrong here does not matter.</summary>
    /// <param name="sign">The sign; <see langword="null"/> if there is none.</param>
    /// <param name="serverNow">The API server's time.</param>
    /// <param name="everSeen">Whether this cluster ever had one.</param>
    public static ReaperState Judge(ReaperSign? sign, DateTimeOffset serverNow, bool everSeen) => sign switch
    {
        null => everSeen ? ReaperState.Silent : ReaperState.None,
        _ when serverNow - (sign.RanAt ?? sign.InstalledAt) > Silence => ReaperState.Silent,
        { Clean: false } => ReaperState.Failing,
        _ => ReaperState.Working,
    };
}

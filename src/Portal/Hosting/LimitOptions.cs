namespace Lapse.Portal.Hosting;

/// <summary>How often one address or one person may do what costs something; section <c>Lapse:Limits</c>.</summary>
public sealed class LimitOptions
{
    /// <summary>Over how long <see cref="StepUpsPerPerson"/> counts.</summary>
    public static readonly TimeSpan StepUpWindow = TimeSpan.FromMinutes(5);

    /// <summary>Over how long <see cref="DraftsPerPerson"/> counts.</summary>
    public static readonly TimeSpan DraftWindow = TimeSpan.FromMinutes(10);

    /// <summary>Sign-ins that one address may begin in a minute; as many answers of the provider. A whole office may be one address.</summary>
    public int SignInsPerMinute { get; set; } = 60;

    /// <summary>Step-ups for which one address may leave in a minute; as many answers of the provider.</summary>
    public int StepUpsPerMinute { get; set; } = 60;

    /// <summary>Step-ups that one person may begin in five minutes.</summary>
    public int StepUpsPerPerson { get; set; } = 30;

    /// <summary>Requests that one person may write down in ten minutes.</summary>
    public int DraftsPerPerson { get; set; } = 30;

    /// <summary>Everything that is wrong with these settings.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var (name, value) in ((string, int)[])[(nameof(SignInsPerMinute), SignInsPerMinute), (nameof(StepUpsPerMinute), StepUpsPerMinute), (nameof(StepUpsPerPerson), StepUpsPerPerson), (nameof(DraftsPerPerson), DraftsPerPerson)])
            if (value is < 1 or > 100_000) yield return $"Lapse:Limits:{name} must be between 1 and 100000.";
    }
}

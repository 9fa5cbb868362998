namespace Lapse.Domain.People;

/// <summary>One sign-in of one browser. A step-up is started and answered in the same one.</summary>
public sealed class SignInSession
{
    private SignInSession() { }

    /// <summary>The id, kept in the browser's encrypted cookie.</summary>
    public SignInSessionId Id { get; private set; }

    /// <summary>Who signed in.</summary>
    public PersonId PersonId { get; private set; }

    /// <summary>When; what this person may see is believed from then for a configured age.</summary>
    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>When it ended by sign-out or by force; <see langword="null"/> while it lasts.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>The groups in the sign-in's token; empty where it did not say.</summary>
    public string[] Groups { get; private set; } = [];

    /// <summary>The verified claims from which a cluster's user name may be computed, by name.</summary>
    public Dictionary<string, string> Claims { get; private set; } = [];

    /// <summary>A browser signed in.</summary>
    public static SignInSession Start(PersonId person, IReadOnlyCollection<string>? groups, IReadOnlyDictionary<string, string> claims, DateTimeOffset now) => new()
    {
        Id = UuidId.New<SignInSessionId>(now),
        PersonId = person,
        StartedAt = now,
        Groups = groups is null ? [] : [.. groups.Order(StringComparer.Ordinal)],
        Claims = new(claims, StringComparer.Ordinal),
    };

    /// <summary>Ends it; nothing can be done in it any more.</summary>
    public void End(DateTimeOffset now) => EndedAt ??= now;
}

namespace Lapse.Domain.People;

/// <summary>Somebody who signed in at least once, known by (issuer, <c>sub</c>) and by nothing else.</summary>
public sealed class Person
{
    private Person() { }

    /// <summary>The id of this person in Lapse.</summary>
    public PersonId Id { get; private set; }

    /// <summary>The issuer that vouches for <see cref="Subject"/> (OpenID Connect Core 1.0, section 2, <c>iss</c>).</summary>
    public string Issuer { get; private set; } = "";

    /// <summary>The issuer's own, never reassigned name for this person (<c>sub</c>).</summary>
    public string Subject { get; private set; } = "";

    /// <summary>What this person is called among people.</summary>
    public string Name { get; private set; } = "";

    /// <summary>What this person types to sign in; for reading only, nothing is decided from it.</summary>
    public string UserName { get; private set; } = "";

    /// <summary>The groups of the newest verified token; <see langword="null"/> when that token did not say.</summary>
    public string[]? Groups { get; private set; }

    /// <summary>When <see cref="Groups"/> was read from a verified token.</summary>
    public DateTimeOffset GroupsSeenAt { get; private set; }

    /// <summary>When this person was disabled; <see langword="null"/> while enabled.</summary>
    public DateTimeOffset? DisabledAt { get; private set; }

    /// <summary>The admin who disabled this person; <see langword="null"/> while enabled.</summary>
    public PersonId? DisabledBy { get; private set; }

    /// <summary>Why, for other admins; may be empty.</summary>
    public string DisabledWhy { get; private set; } = "";

    /// <summary>When a verified token of this person last arrived.</summary>
    public DateTimeOffset LastSeenAt { get; private set; }

    /// <summary>Whether an admin has shut this person out.</summary>
    public bool IsDisabled => DisabledAt is not null;

    /// <summary>Somebody signs in for the first time.</summary>
    public static Person FirstSeen(string issuer, string subject, string name, string userName, IReadOnlyCollection<string>? groups, DateTimeOffset now)
    {
        var person = new Person { Id = UuidId.New<PersonId>(now), Issuer = issuer, Subject = subject };
        person.Seen(name, userName, groups, now);
        return person;
    }

    /// <summary>A verified token of this person arrived.</summary>
    /// <param name="name">As the token has it.</param>
    /// <param name="userName">As the token has it.</param>
    /// <param name="groups">As the token has them; <see langword="null"/> when it does not say.</param>
    /// <param name="now">When it arrived.</param>
    public void Seen(string name, string userName, IReadOnlyCollection<string>? groups, DateTimeOffset now)
    {
        Name = name;
        UserName = userName;
        Groups = groups is null ? null : [.. groups.Order(StringComparer.Ordinal)];
        GroupsSeenAt = now;
        LastSeenAt = now;
    }

    /// <summary>Shuts this person out. Somebody who is disabled already stays disabled by whoever did it first.</summary>
    /// <param name="by">The admin.</param>
    /// <param name="why">Why; may be empty.</param>
    /// <param name="now">When.</param>
    /// <exception cref="InvalidOperationException">It is the admin's own account: nobody locks everybody out.</exception>
    public void Disable(PersonId by, string why, DateTimeOffset now)
    {
        if (by == Id) throw new InvalidOperationException("Nobody disables their own account.");
        if (IsDisabled) return;
        (DisabledAt, DisabledBy, DisabledWhy) = (now, by, why);
    }

    /// <summary>Lets this person in again.</summary>
    public void Enable() => (DisabledAt, DisabledBy, DisabledWhy) = (null, null, "");
}

using Lapse.Domain;
using Lapse.Domain.Catalogue;

namespace Lapse.Portal.Features.Admin;

/// <summary>A change of the configuration that is not in force yet, as admins see it.</summary>
/// <param name="Id">The change.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Title">In words.</param>
/// <param name="Status">Draft or waiting for a second admin.</param>
/// <param name="Author">How its author is known.</param>
/// <param name="AuthorUserName">Their user name.</param>
/// <param name="IsMine">Whether whoever looks wants it.</param>
/// <param name="At">When it was written down.</param>
/// <param name="Until">When it ends unless it is settled before.</param>
/// <param name="IsOutdated">Whether the thing was changed since, so that it can only be withdrawn.</param>
/// <param name="Fields">What would change, field by field.</param>
public sealed record WaitingChange(
    ConfigurationChangeId Id, ChangeKind Kind, string Title, ChangeStatus Status, string Author, string AuthorUserName, bool IsMine, DateTimeOffset At, DateTimeOffset Until, bool IsOutdated,
    IReadOnlyList<ChangedField> Fields);

/// <summary>One field of a change, in words.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Before">How it was; <see langword="null"/> for something new.</param>
/// <param name="After">How it shall be.</param>
public sealed record ChangedField(string Name, string? Before, string After);

/// <summary>One version of an entry or workflow.</summary>
/// <param name="Number">1, 2, 3 …</param>
/// <param name="Author">Who made it; <see langword="null"/> for an operator on the machine.</param>
/// <param name="AuthorUserName">Their user name.</param>
/// <param name="Confirmer">The second admin, where one was needed.</param>
/// <param name="At">When it came into force.</param>
/// <param name="Fields">What changed since the version before; empty for the first.</param>
public sealed record VersionLine(int Number, string? Author, string? AuthorUserName, string? Confirmer, DateTimeOffset At, IReadOnlyList<ChangedField> Fields);

/// <summary>A place in a list by name.</summary>
/// <param name="Name">The short name of the last item shown.</param>
public sealed record NameCursor(string Name);

/// <summary>Something to choose in a form.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Label">Its words.</param>
public sealed record Choice(string Value, string Label);

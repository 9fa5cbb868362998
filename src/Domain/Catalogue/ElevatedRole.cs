namespace Lapse.Domain.Catalogue;

/// <summary>A catalogue entry. What it says is in its versions, which never change once written.</summary>
public sealed class ElevatedRole
{
    private ElevatedRole() { }

    /// <summary>The id.</summary>
    public ElevatedRoleId Id { get; private set; }

    /// <summary>A short unique name, used in addresses and by operators.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The version that new requests are made under.</summary>
    public int CurrentVersion { get; private set; }

    /// <summary>When it was taken out of the catalogue; <see langword="null"/> while it is offered.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    /// <summary>A new entry, whose first version is 1.</summary>
    public static ElevatedRole Create(ElevatedRoleId id, string name) => new() { Id = id, Name = name, CurrentVersion = 1 };

    /// <summary>Moves to the next version and says which that is.</summary>
    public int NextVersion() => ++CurrentVersion;

    /// <summary>Takes it out of the catalogue; what was granted under it goes on.</summary>
    public void Retire(DateTimeOffset now) => RetiredAt ??= now;

    /// <summary>Offers it again.</summary>
    public void Restore() => RetiredAt = null;
}


namespace Lapse.Sandbox.IdentityProvider.People;

/// <summary>Who can sign in, as the people file says at this moment.</summary>
public sealed class PeopleFile
{
    private readonly string _path;
    private readonly ILogger<PeopleFile> _logger;
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _stamp;
    private IReadOnlyList<SandboxPerson> _people;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="InvalidDataException">It is not a list of people.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public PeopleFile(string path, ILogger<PeopleFile> logger)
    {
        (_path, _logger) = (path, logger);
        _stamp = Stamp();
        _people = SandboxPeople.Read(path);
    }

    /// <summary>Everybody, in the order of the file. A file that cannot be read just now leaves the people as they were.</summary>
    public IReadOnlyList<SandboxPerson> All()
    {
        lock (_lock)
        {
            var stamp = Stamp();
            if (stamp == _stamp)
                return _people;
            try
            {
                (_people, _stamp) = (SandboxPeople.Read(_path), stamp);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                _logger.LogWarning(e, "The people file changed and could not be read; the people stay as they were");
            }

            return _people;
        }
    }

    /// <summary>The person with this identifier, or <see langword="null"/>.</summary>
    public SandboxPerson? WithSub(string? sub) => All().FirstOrDefault(p => p.Sub == sub);

    /// <summary>The person with this user name in any case, or <see langword="null"/>.</summary>
    public SandboxPerson? WithUserName(string? userName) =>
        All().FirstOrDefault(p => string.Equals(p.UserName, userName?.Trim(), StringComparison.OrdinalIgnoreCase));

    private (DateTime, long) Stamp()
    {
        var file = new FileInfo(_path);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
    }
}

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>A folder for keys that is gone with the test.</summary>
public sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lapse-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

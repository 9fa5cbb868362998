using System.Security.Cryptography;

namespace Lapse.Sandbox.Runner;

/// <summary>The folder with everything that a run keeps, used by one run at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly string _folder;
    private readonly FileStream _lock;

    private DataFolder(string folder, FileStream held) => (_folder, _lock) = (folder, held);

    /// <summary>Takes the folder.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <exception cref="SandboxException">Another run has it.</exception>
    public static DataFolder Take(string folder)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "run.lock");
        FileStream held;
        try
        {
            // Exclusive sharing is flock(2) on Linux: it ends with the process that holds it.
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new SandboxException($"Lapse runs already with the data in {folder}; end that run, or set LAPSE_DATA and the ports to others.", e);
        }
        return new DataFolder(folder, held);
    }

    /// <summary>Forgets what earlier runs kept.</summary>
    public void Clear()
    {
        foreach (var directory in new DirectoryInfo(_folder).EnumerateDirectories())
        {
            // PostgreSQL's data may be kept elsewhere, behind a link.
            if (directory.LinkTarget is { } target && Directory.Exists(target))
                Directory.Delete(target, recursive: true);
            directory.Delete(recursive: directory.LinkTarget is null);
        }
        foreach (var file in Directory.EnumerateFiles(_folder).Where(file => file != _lock.Name))
            File.Delete(file);
    }

    /// <summary>A secret that is made once and kept in a file that only its owner can read.</summary>
    public static string Secret(string file)
    {
        if (!File.Exists(file))
        {
            using var stream = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            using var writer = new StreamWriter(stream);
            writer.Write(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        }
        return File.ReadAllText(file);
    }

    public void Dispose() => _lock.Dispose();
}

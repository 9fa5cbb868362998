namespace Lapse.Sandbox;

/// <summary>The settings of a running portal as a file for a shell, so that <c>./lapse VERB</c> works beside it with nothing typed.</summary>
public static class PortalSettingsFile
{
    /// <summary>Its name in the data folder.</summary>
    public const string Name = "lapse.env";

    /// <summary>Writes the file, for its owner only: the database's passwords are in it.</summary>
    /// <param name="file">Where; what was there is replaced.</param>
    /// <param name="settings">By name; what is <see langword="null"/> is left out.</param>
    public static void Write(string file, IReadOnlyDictionary<string, string?> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        File.Delete(file);
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(stream);
        writer.WriteLine("# Written by ./run.sh for ./lapse while it runs.");
        foreach (var (name, value) in settings.Where(setting => setting.Value is not null))
            writer.WriteLine($"export {name}={Quoted(value!)}");
    }

    // Within single quotes a shell takes everything as it is, but for the quote itself.
    private static string Quoted(string value) => $"'{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}

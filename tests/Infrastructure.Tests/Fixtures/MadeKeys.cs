using Lapse.Infrastructure.Keys;

namespace Lapse.Infrastructure.Tests.Fixtures;

/// <summary>
/// The one key of a key folder that is slow to make, an RSA key of 3072 bits: made once for the run and put into the folder of each test that
/// only needs to have one. What else is missing there is made as always.
/// </summary>
internal static class MadeKeys
{
    private const string FileName = "data-protection.pfx";

    private static readonly Lazy<string> Made = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("lapse-keys-").FullName;
        KeyFolder.Create(folder, DateTimeOffset.UtcNow);
        return Path.Combine(folder, FileName);
    });

    /// <summary>Puts it into a folder that has none; its rights go with it.</summary>
    public static void PutInto(string folder)
    {
        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, FileName);
        if (!File.Exists(file)) File.Copy(Made.Value, file);
    }
}

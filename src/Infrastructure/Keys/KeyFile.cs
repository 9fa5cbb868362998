using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Lapse.Infrastructure.Keys;

/// <summary>A private key in a file that only its owner may read (mode 0600), made once.</summary>
internal static class KeyFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads a file of the key folder.</summary>
    /// <exception cref="KeyFolderException">It is not there, or others may read it.</exception>
    public static byte[] Read(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path)) throw new KeyFolderException($"The key {path} is missing. Bring it back from your backup; for a new installation run `lapse keys create`.");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite)) != 0)
            throw new KeyFolderException($"Others may read or change the key {path}. Take these rights away (chmod 600) and consider the key known if it stood open.");
        return File.ReadAllBytes(path);
    }

    /// <summary>Writes a file whole or not at all; when another process was first, its file stays.</summary>
    public static void Create(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        if (File.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var draft = Path.Combine(folder, $".{name}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(draft, options)) stream.Write(content);
        try
        {
            Place(draft, path);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    // File.Move without overwriting looks first and renames then, and so replaces what somebody put there between; a link is made or not (link(2)).
    private static void Place(string draft, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!File.Exists(path)) File.Move(draft, path, overwrite: false);
            return;
        }
        if (Link(Encoding.UTF8.GetBytes(draft + '\0'), Encoding.UTF8.GetBytes(path + '\0')) != 0 && !File.Exists(path)) throw new IOException($"{path} cannot be made: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] from, byte[] to);

    /// <summary>Writes what everybody may read, such as a public key.</summary>
    public static void Publish(string folder, string name, string content)
    {
        var path = Path.Combine(folder, name);
        if (!File.Exists(path) || File.ReadAllText(path) != content) File.WriteAllText(path, content);
    }
}

/// <summary>The key folder is not as it must be; the message says what to do.</summary>
public sealed class KeyFolderException(string message) : Exception(message);

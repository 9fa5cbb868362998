using Lapse.Domain.Rbac.State;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>Which files of a folder are read: <c>.yaml</c>, <c>.yml</c> and <c>.json</c> in it and below it, in the order of their names.</summary>
internal static class ManifestFiles
{
    private const int MostLinks = 40;

    /// <summary>
    /// The files. A link is followed as long as it stays within the folder, and nothing is read twice; what a link outside
    /// would add is a gap, since a folder from a stranger is not to have other files of this machine read.
    /// </summary>
    public static List<string> Below(string folder, List<Gap> gaps)
    {
        var files = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var root = Real(Path.GetFullPath(folder)) ?? Path.GetFullPath(folder);
        var waiting = new Stack<string>();
        waiting.Push(folder);
        while (waiting.TryPop(out var next))
        {
            if (!IsNew(next, root, seen, gaps)) continue;
            try
            {
                var entries = Directory.GetFileSystemEntries(next).Order(StringComparer.Ordinal).ToList();
                foreach (var file in entries.Where(entry => !Directory.Exists(entry) && IsManifest(entry)))
                    if (IsNew(file, root, seen, gaps)) files.Add(file);
                foreach (var inner in entries.Where(Directory.Exists).Reverse()) waiting.Push(inner);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                gaps.Add(new Gap(next, "The folder cannot be read."));
            }
        }

        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static bool IsManifest(string file) =>
        Path.GetExtension(file).ToUpperInvariant() is ".YAML" or ".YML" or ".JSON";

    private static bool IsNew(string path, string root, HashSet<string> seen, List<Gap> gaps)
    {
        if (Real(Path.GetFullPath(path)) is not { } real)
        {
            gaps.Add(new Gap(path, "The link leads nowhere, or in a circle."));
            return false;
        }

        if (real != root && !real.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            gaps.Add(new Gap(path, "The link leads out of the folder and is not followed."));
            return false;
        }

        return seen.Add(real);
    }

    // The path with every link in it followed; null if one leads nowhere or in a circle.
    private static string? Real(string path)
    {
        var links = 0;
        var waiting = new Stack<string>(Split(path).Reverse());
        var real = Path.GetPathRoot(path)!;
        try
        {
            while (waiting.TryPop(out var name))
            {
                if (name == ".") continue;
                if (name == "..")
                {
                    real = Path.GetDirectoryName(real) ?? real;
                    continue;
                }

                var next = Path.Combine(real, name);
                var target = new FileInfo(next).LinkTarget;
                if (target is null)
                {
                    if (!Path.Exists(next)) return null;
                    real = next;
                    continue;
                }

                if (++links > MostLinks) return null;
                if (Path.IsPathRooted(target)) real = Path.GetPathRoot(target)!;
                foreach (var part in Split(target).Reverse()) waiting.Push(part);
            }

            return real;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string[] Split(string path) => path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries);
}

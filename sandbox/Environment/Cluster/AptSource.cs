namespace Lapse.Sandbox;

/// <summary>A package archive that apt is set up for, as in sources.list(5).</summary>
/// <param name="Address">The mirror's address.</param>
/// <param name="Keys">The file of its signing keys; <see langword="null"/> for those that apt trusts anyway.</param>
internal sealed record AptSource(string Address, string? Keys)
{
    /// <summary>The machine's own source of its Debian release; <see langword="null"/> where it runs something else.</summary>
    public static AptSource? OfThisDebian()
    {
        var system = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
                .ToDictionary(pair => pair[0], pair => pair[1].Trim('"'), StringComparer.Ordinal)
            : [];
        if (system.GetValueOrDefault("ID") != "debian" || !system.TryGetValue("VERSION_CODENAME", out var release))
            return null;
        const string parts = "/etc/apt/sources.list.d";
        var files = Directory.Exists(parts) ? Directory.EnumerateFiles(parts).Order(StringComparer.Ordinal).ToList() : [];
        return files.Where(file => file.EndsWith(".sources", StringComparison.Ordinal))
            .Select(file => FromStanzas(File.ReadAllText(file), release))
            .Concat(files.Where(file => file.EndsWith(".list", StringComparison.Ordinal)).Prepend("/etc/apt/sources.list")
                .Where(File.Exists)
                .Select(file => FromLines(File.ReadAllText(file), release)))
            .FirstOrDefault(source => source is not null);
    }

    /// <summary>Reads the form with stanzas (<c>Types:</c>, <c>URIs:</c>, …).</summary>
    /// <param name="text">The content of a <c>.sources</c> file.</param>
    /// <param name="release">The suite looked for, such as <c>bookworm</c>.</param>
    public static AptSource? FromStanzas(string text, string release)
    {
        foreach (var stanza in text.ReplaceLineEndings("\n").Split("\n\n"))
        {
            var fields = stanza.Split('\n')
                .Where(line => !line.StartsWith('#') && line.Contains(':', StringComparison.Ordinal) && !char.IsWhiteSpace(line[0]))
                .Select(line => line.Split(':', 2))
                .GroupBy(pair => pair[0].Trim(), StringComparer.OrdinalIgnoreCase)
                .ToDictionary(group => group.Key, group => Words(group.First()[1]), StringComparer.OrdinalIgnoreCase);
            if (fields.GetValueOrDefault("Suites", []).Contains(release)
                && fields.GetValueOrDefault("Components", []).Contains("main")
                && fields.GetValueOrDefault("Enabled", []) is not ["no"]
                && fields.GetValueOrDefault("URIs", []) is [var address, ..])
                return new AptSource(address, fields.GetValueOrDefault("Signed-By", []).FirstOrDefault());
        }
        return null;
    }

    /// <summary>Reads the form with one line each (<c>deb [options] address suite components</c>).</summary>
    /// <param name="text">The content of a <c>.list</c> file.</param>
    /// <param name="release">The suite looked for, such as <c>bookworm</c>.</param>
    public static AptSource? FromLines(string text, string release)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n').Where(line => line.StartsWith("deb ", StringComparison.Ordinal)))
        {
            var (open, close) = (line.IndexOf('[', StringComparison.Ordinal), line.IndexOf(']', StringComparison.Ordinal));
            var options = open >= 0 && close > open ? Words(line[(open + 1)..close]) : [];
            var words = Words(options.Length > 0 ? line[(close + 1)..] : line[4..]);
            if (words is [var address, var suite, .. var components] && suite == release && components.Contains("main"))
            {
                var keys = options.FirstOrDefault(option => option.StartsWith("signed-by=", StringComparison.OrdinalIgnoreCase));
                return new AptSource(address, keys?[(keys.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            }
        }
        return null;
    }

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}

using System.Text.Json;

namespace Lapse.Sandbox;

/// <summary>How far the sandbox cluster is. Written as <c>cluster-status.json</c>, which the portal shows.</summary>
/// <param name="State"><c>starting</c>, <c>ready</c> or <c>failed</c>.</param>
/// <param name="Message">What it does just now, or what went wrong, in words for people.</param>
/// <param name="Percent">0 to 100; estimated while something is built.</param>
public sealed record ClusterStatus(string State, string Message, int Percent)
{
    /// <summary>On its way.</summary>
    public static ClusterStatus Starting(string message, int percent) => new("starting", message, percent);

    /// <summary>It answers.</summary>
    public static ClusterStatus Ready { get; } = new("ready", "The cluster is ready", 100);

    /// <summary>It will not come up by itself.</summary>
    public static ClusterStatus Failed(string message) => new("failed", message, 0);

    /// <summary>Writes it, so that a reader sees either the old one or the new one, never a half.</summary>
    public void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var next = file + ".next";
        File.WriteAllText(next, JsonSerializer.Serialize(this, JsonSerializerOptions.Web));
        File.Move(next, file, overwrite: true);
    }
}

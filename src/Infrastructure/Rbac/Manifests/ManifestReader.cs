using Lapse.Domain;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>
/// Reads the RBAC of manifests: a folder, a file, or standard input; YAML of any number of documents, JSON, lists, and what
/// <c>kubectl get … -o json</c> or <c>-o yaml</c> prints. What cannot be read is a gap, and all the rest counts.
/// </summary>
public static class ManifestReader
{
    /// <summary>The path that stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Reads.</summary>
    /// <param name="path">A folder, a file, or <see cref="StandardInput"/>.</param>
    /// <param name="defaultNamespace">The namespace of what does not say where it is, as that of kubectl's context.</param>
    /// <param name="input">Standard input.</param>
    public static Outcome<ManifestReading> Read(string path, string defaultNamespace = "default", Stream? input = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        var collected = new ManifestCollection(defaultNamespace);
        if (path == StandardInput)
        {
            if (input is null) return new Refusal("Manifests:Input", "There is no standard input.");
            collected.Add("standard input", () => input, isJson: false);
        }
        else if (Directory.Exists(path))
        {
            foreach (var file in ManifestFiles.Below(path, collected.Gaps)) AddFile(collected, file);
        }
        else if (File.Exists(path))
        {
            AddFile(collected, path);
        }
        else
        {
            return new Refusal("Manifests:Path", $"There is no file or folder {path}.");
        }

        return collected.Reading();
    }

    /// <summary>Reads a JSON array of rules, as <c>lapse rbac covers</c> takes it.</summary>
    /// <param name="json">The array.</param>
    public static Outcome<IReadOnlyList<PolicyRule>> ReadRules(ReadOnlySpan<byte> json) => JsonManifest.ReadRules(json);

    private static void AddFile(ManifestCollection collected, string file) =>
        collected.Add(file, () => new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0), Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase));
}

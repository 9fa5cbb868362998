using System.Text;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary>A folder of manifests for one test.</summary>
internal sealed class ManifestFolder : IDisposable
{
    public const string Reader = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: reader}
        rules:
        - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
        """;

    public const string ReaderBinding = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: readers}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
        subjects:
        - {kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}
        """;

    public const string Account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ok, namespace: shop}\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lapse-manifests-");

    public string Path => _folder.FullName;

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    public ManifestReading Read() => ManifestReader.Read(Path).Value;

    public static ManifestReading Read(string text, string defaultNamespace = "default")
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return ManifestReader.Read(ManifestReader.StandardInput, defaultNamespace, input).Value;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

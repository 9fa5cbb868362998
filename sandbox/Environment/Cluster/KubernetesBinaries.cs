using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Lapse.Sandbox;

/// <summary>The three programs of a control plane.</summary>
/// <param name="Etcd">Path of etcd.</param>
/// <param name="ApiServer">Path of kube-apiserver.</param>
/// <param name="ControllerManager">Path of kube-controller-manager.</param>
public sealed partial record KubernetesBinaries(string Etcd, string ApiServer, string ControllerManager)
{
    /// <summary>The version that is built from Debian's source package.</summary>
    public const string BuiltVersion = "1.20.2";

    /// <summary>Where a build is kept: below the user's cache folder, by version and architecture (Debian's name of it).</summary>
    public static string CacheFolder
    {
        get
        {
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
                ? set
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(cache, "lapse", "kubernetes", $"{BuiltVersion}-{Architecture}");
        }
    }

    private static string Architecture =>
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64 ? "amd64"
        : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();

    /// <summary>
    /// What is on this machine already: <c>KUBEBUILDER_ASSETS</c>, if it has a kube-controller-manager (envtest's own set has
    /// none, and without one the roles view, edit and admin stay empty); else the cached build.
    /// </summary>
    public static KubernetesBinaries? Find() =>
        In(Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS")) ?? In(CacheFolder);

    /// <summary>The programs in a folder; etcd may be in PATH instead. <see langword="null"/> when one is missing.</summary>
    public static KubernetesBinaries? In(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
            return null;
        string? Program(string name) => File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;
        return (Program("etcd") ?? Tool.Find("etcd")) is { } etcd
            && Program("kube-apiserver") is { } apiServer
            && Program("kube-controller-manager") is { } controllerManager
                ? new KubernetesBinaries(etcd, apiServer, controllerManager)
                : null;
    }

    /// <summary>The minor version of these programs: 20 for 1.20.2.</summary>
    public async Task<int> MinorVersionAsync(CancellationToken cancellationToken)
    {
        var printed = await Tool.RunAsync(ApiServer, ["--version"], cancellationToken);
        var match = Version().Match(printed);
        return match.Success
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new SandboxException($"{ApiServer} --version printed no version of Kubernetes: {printed.Trim()}");
    }

    [GeneratedRegex(@"v1\.(\d+)")]
    private static partial Regex Version();
}

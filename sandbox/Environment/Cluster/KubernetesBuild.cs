namespace Lapse.Sandbox;

/// <summary>
/// Builds kube-apiserver and kube-controller-manager from Debian's source package, once, into the user's cache folder.
/// About five minutes on two cores, 2.5 GB of scratch space, 230 MB kept. Two processes that need it build it once.
/// </summary>
internal static class KubernetesBuild
{
    /// <summary>What the source package's make needs besides Go.</summary>
    private static readonly string[] Tools = ["dpkg-dev", "jq", "make", "rsync"];

    public static async Task<KubernetesBinaries> EnsureAsync(IProgress<ClusterStatus>? progress, CancellationToken cancellationToken)
    {
        var target = KubernetesBinaries.CacheFolder;
        var parent = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(parent);
        await using var oneAtATime = await LockAsync(Path.Combine(parent, "build.lock"), progress, cancellationToken);
        if (KubernetesBinaries.In(target) is { } built)
            return built;

        var scratch = Path.Combine(parent, "build");
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);
        Directory.CreateDirectory(scratch);
        var finished = await BuildAsync(scratch, progress, cancellationToken);

        // What is in the cache is whole: it appears by one rename. A folder that lacks a program is no build.
        if (Directory.Exists(target))
            Directory.Delete(target, recursive: true);
        Directory.Move(finished, target);
        Directory.Delete(scratch, recursive: true);
        return KubernetesBinaries.In(target)
            ?? throw new SandboxException($"The build left no control plane in {target}; remove that folder and try again.");
    }

    private static async Task<string> BuildAsync(string scratch, IProgress<ClusterStatus>? progress, CancellationToken cancellationToken)
    {
        void Say(string what, int percent) => progress?.Report(ClusterStatus.Starting(what, percent));

        Say("Installing what builds Kubernetes", 1);
        await PackageInstaller.InstallAsync(Tools, new StepProgress(what => Say(what, 1)), cancellationToken);
        Say("Fetching Debian's package lists", 2);
        var archive = await DebianArchive.OpenAsync(Path.Combine(scratch, "apt"), cancellationToken);
        Say("Fetching Go and etcd", 4);
        var root = Path.Combine(scratch, "root");
        await archive.UnpackAsync(["golang-1.19-go", "golang-1.19-src", "etcd-server"], root, cancellationToken);
        Say("Fetching the source of Kubernetes", 6);
        var source = Path.Combine(scratch, "source");
        await archive.UnpackSourceAsync("kubernetes", source, cancellationToken);

        await MakeAsync(scratch, source, root, Say, cancellationToken);

        var finished = Directory.CreateDirectory(Path.Combine(scratch, "finished")).FullName;
        foreach (var program in new[] { "kube-apiserver", "kube-controller-manager" })
            File.Copy(Path.Combine(source, "_output", "bin", program), Path.Combine(finished, program));
        File.Copy(Path.Combine(root, "usr", "bin", "etcd"), Path.Combine(finished, "etcd"));
        return finished;
    }

    private static async Task MakeAsync(
        string scratch, string source, string root, Action<string, int> say, CancellationToken cancellationToken)
    {
        // The makefile works only inside a GOPATH: the tree is linked into one of its own.
        var workspace = Path.Combine(source, ".go");
        var package = Path.Combine(workspace, "src", "k8s.io", "kubernetes");
        Directory.CreateDirectory(Path.GetDirectoryName(package)!);
        Directory.CreateSymbolicLink(package, "../../..");
        var progress = new BuildProgress(say);
        await using var make = ChildProcess.Start(new ChildOptions
        {
            Name = "The build of Kubernetes",
            FileName = "make",
            // Plain `go build` fails: make generates code first.
            Arguments = ["-C", package, "WHAT=cmd/kube-apiserver cmd/kube-controller-manager", "GOLDFLAGS=-s -w", "GOFLAGS=-v"],
            WorkingDirectory = package,
            LogFile = Path.Combine(Path.GetDirectoryName(scratch)!, "build.log"),
            OnLine = progress.Read,
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = $"{Path.Combine(root, "usr/lib/go-1.19/bin")}:{Environment.GetEnvironmentVariable("PATH")}",
                ["PWD"] = package,
                ["GOPATH"] = workspace,
                ["GOROOT"] = null,
                ["GOCACHE"] = Path.Combine(scratch, "go-cache"),
                ["HOME"] = scratch,
                ["CGO_ENABLED"] = "0",
                ["KUBE_GIT_VERSION"] = $"v{KubernetesBinaries.BuiltVersion}",
                ["KUBE_GIT_MAJOR"] = "1",
                ["KUBE_GIT_MINOR"] = "20",
                ["KUBE_GIT_TREE_STATE"] = "archive",
                ["KUBE_GIT_COMMIT"] = "debian",
            },
        });
        var exitCode = await make.WaitForExitAsync(cancellationToken);
        if (exitCode != 0)
            throw new SandboxException($"The build of Kubernetes failed (exit code {exitCode}): {make.LogTail()}");
    }

    private static async Task<FileStream> LockAsync(string file, IProgress<ClusterStatus>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Exclusive sharing is flock(2) on Linux: it ends with the process that holds it.
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(file))
            {
                progress?.Report(ClusterStatus.Starting("Waiting for another run that builds Kubernetes", 1));
                await Task.Delay(1000, cancellationToken);
            }
        }
    }

    private sealed class StepProgress(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}

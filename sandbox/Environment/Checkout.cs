namespace Lapse.Sandbox;

/// <summary>The checkout that this program was built in: the sandbox runs from there only.</summary>
public static class Checkout
{
    /// <summary>The folder with <c>Portal.sln</c>.</summary>
    /// <exception cref="SandboxException">This program was copied elsewhere.</exception>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Portal.sln")))
                folder = folder.Parent;
            return folder?.FullName
                ?? throw new SandboxException("The sandbox runs from a checkout of the project only; start it with ./run.sh there.");
        }
    }

    /// <summary>A program that was built in the checkout, in the configuration of the running one if it is there.</summary>
    /// <param name="project">The project's folder below the root, such as <c>src/Portal</c>.</param>
    /// <param name="assembly">The file, such as <c>lapse.dll</c>.</param>
    /// <exception cref="SandboxException">It is not built.</exception>
    public static string Built(string project, string assembly)
    {
        var release = AppContext.BaseDirectory.Contains(
            $"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        string[] configurations = release ? ["Release", "Debug"] : ["Debug", "Release"];
        return configurations
            .Select(configuration => Path.Combine(Root, project, "bin", configuration, $"net{Environment.Version.Major}.0", assembly))
            .FirstOrDefault(File.Exists)
            ?? throw new SandboxException($"{assembly} is not built; run dotnet build {project}.");
    }
}

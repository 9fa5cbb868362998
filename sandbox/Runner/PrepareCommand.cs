using System.CommandLine;

namespace Lapse.Sandbox.Runner;

/// <summary><c>prepare</c>: installs and builds whatever the tests and the sandbox need on this machine.</summary>
internal static class PrepareCommand
{
    private const string BrowserVariable = "LAPSE_CHROMIUM";

    public static Command Create()
    {
        var command = new Command("prepare", "Installs PostgreSQL and Chromium and builds the Kubernetes control plane, where they are missing.");
        command.SetAction(async (_, cancellationToken) =>
        {
            var progress = new ConsoleProgress();
            if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PostgresServer.Variable)) && PostgresBinaries.Find() is null)
                await PostgresBinaries.InstallAsync(progress, cancellationToken);
            await EnsureBrowserAsync(progress, cancellationToken);
            await ControlPlane.PrepareAsync(progress, cancellationToken);
            progress.Report("Everything that Lapse needs is on this machine");
        });
        return command;
    }

    private static async Task EnsureBrowserAsync(ConsoleProgress progress, CancellationToken cancellationToken)
    {
        const string debian = "/usr/bin/chromium";
        var browser = Environment.GetEnvironmentVariable(BrowserVariable) is { Length: > 0 } given ? given : debian;
        if (File.Exists(browser))
            return;
        if (browser != debian)
            throw new SandboxException($"There is no file {browser}; set {BrowserVariable} to a Chromium, or unset it.");
        await PackageInstaller.InstallAsync(["chromium"], progress, cancellationToken);
        if (!File.Exists(debian))
            throw new SandboxException($"The package chromium brought no {debian}; install a Chromium and set {BrowserVariable} to it.");
    }
}

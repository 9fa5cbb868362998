using System.CommandLine;

namespace Lapse.Sandbox.Runner;

/// <summary><c>up</c>: everything, until it is ended. The portal is there within seconds, the cluster when it is.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var fresh = new Option<bool>("--fresh") { Description = "Forget the data of earlier runs." };
        var command = new Command("up", "Runs PostgreSQL, the OpenID provider, the portal and a Kubernetes control plane until Ctrl-C.") { fresh };
        command.SetAction((parsed, cancellationToken) => RunAsync(Settings.FromEnvironment(), parsed.GetValue(fresh), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Settings settings, bool fresh, CancellationToken cancellationToken)
    {
        using var data = DataFolder.Take(settings.Data);
        settings.EnsurePortsAreFree();
        // Not before it is known that this run can start.
        if (fresh)
            data.Clear();
        var progress = new ConsoleProgress();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var parts = new Parts(settings, progress);
        var cluster = ClusterPart.Prepare(settings, progress);
        var starting = cluster.StartAsync(ending.Token);
        try
        {
            var portal = await parts.StartAsync(cluster, ending.Token);
            progress.WriteResult($"lapse ready portal={Bare(portal.Address)} provider={Bare(settings.Provider)} data={settings.Data}");
            var joining = cluster.JoinAsync(starting, portal.Options, ending.Token);
            var ended = await portal.WaitForExitAsync(ending.Token);
            throw new SandboxException($"The portal ended by itself (exit code {ended}); its log is {Path.Combine(portal.Options.Folder, "portal.log")}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            progress.Report("Ending");
            return 0;
        }
        finally
        {
            await ending.CancelAsync();
            await cluster.DisposeAsync();
        }
    }

    private static string Bare(Uri address) => address.GetLeftPart(UriPartial.Authority);
}

using System.CommandLine;

namespace Lapse.Sandbox.Runner;

/// <summary><c>services</c>: a throw-away PostgreSQL and control plane that several test runs can share.</summary>
internal static class ServicesCommand
{
    public static Command Create()
    {
        var cluster = new Option<bool>("--cluster") { Description = "Start a Kubernetes control plane too." };
        var command = new Command("services", "Starts a throw-away PostgreSQL, and prints the environment that makes tests use it, until it is ended.")
        {
            cluster,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var progress = new ConsoleProgress();
            await using var postgres = await PostgresServer.StartAsync(new PostgresOptions { Progress = progress }, cancellationToken);
            progress.WriteResult($"export {PostgresServer.Variable}='{postgres.ConnectionString}'");
            await using var kubernetes = parsed.GetValue(cluster)
                ? await ControlPlane.StartAsync(new ControlPlaneOptions { Progress = progress }, cancellationToken)
                : null;
            if (kubernetes is not null)
                progress.WriteResult($"export {ControlPlane.Variable}='{kubernetes.KubeconfigFile}'");
            await WaitForEndAsync(cancellationToken);
        });
        return command;
    }

    /// <summary>Returns when this process was asked to end.</summary>
    internal static async Task WaitForEndAsync(CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = cancellationToken.Register(() => ended.TrySetResult());
        await ended.Task;
    }
}

namespace Lapse.Sandbox;

/// <summary>Containers, where the machine has an engine for them.</summary>
internal static class Docker
{
    /// <summary>Whether there is a Docker client and an engine that answers it within a few seconds.</summary>
    public static async Task<bool> IsUsableAsync(CancellationToken cancellationToken)
    {
        if (Tool.Find("docker") is null)
            return false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            return (await Tool.TryAsync("docker", ["info", "--format", "{{.ServerVersion}}"], limit.Token)).ExitCode == 0;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Runs a container in the foreground of a child process; the client hands signals on to it.</summary>
    public static ChildProcess Run(string name, string logFile, IEnumerable<string> arguments) =>
        ChildProcess.Start(new ChildOptions
        {
            Name = name,
            FileName = "docker",
            Arguments = ["run", "--rm", "--init", .. arguments],
            LogFile = logFile,
            StopTimeout = TimeSpan.FromSeconds(20),
        });
}

using System.CommandLine;
using Lapse.Sandbox;
using Lapse.Sandbox.Runner;

var root = new RootCommand("Starts the parts of Lapse on this machine.")
{
    UpCommand.Create(),
    PrepareCommand.Create(),
    ServicesCommand.Create(),
    PersonCommands.Token(),
    PersonCommands.KubeconfigFile(),
    SumCommand.Create(),
};

// Ending the parts in order takes longer than the two seconds that are the default after Ctrl-C.
var configuration = new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
};
try
{
    return await root.Parse(args).InvokeAsync(configuration);
}
catch (SandboxException e)
{
    await Console.Error.WriteLineAsync($"lapse: {e.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

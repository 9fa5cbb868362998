using System.CommandLine;
using Lapse.Benchmarks;
using Lapse.Benchmarks.Access;
using Lapse.Benchmarks.Kills;
using Lapse.Benchmarks.Rbac;
using Lapse.Sandbox;

// One verb for each subject; a scenario is a file.
var root = new RootCommand("Measures Lapse, and beside each figure the limit that it is compared with, in the same run on the same servers.")
{
    ScenarioCommand.Create("access", "From the approval to usable access, ends, an emergency, decisions, lists, and the memory of open pages.", new ApprovalToUsable(), new EndsAtOnce(), new EmergencyClick(), new DecisionRate(), new PagesAtAMillion(), new IdleCircuits()),
    ScenarioCommand.Create("rbac", "The questions of the RBAC audit from 100 to 100,000 bindings, and beside them the same asked of a real API server.", new RbacAtEachSize(), new RbacAgainstServer()),
    KillsCommand.Create(),
    ClusterFaultsCommand.Create(),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
}
catch (SandboxException e)
{
    await Console.Error.WriteLineAsync($"benchmarks: {e.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

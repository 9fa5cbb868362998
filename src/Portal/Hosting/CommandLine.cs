using System.CommandLine;
using Lapse.Portal.Hosting.Commands;

namespace Lapse.Portal.Hosting;

/// <summary>The verbs of the executable. Without a verb it serves.</summary>
public static class CommandLine
{
    /// <summary>Runs the verb and returns the exit code: 0 done, 1 refused or found something, 2 could not run.</summary>
    public static Task<int> InvokeAsync(string[] args)
    {
        var root = new RootCommand("Lapse: just-in-time access to Kubernetes.")
        {
            ServeCommand.Create(),
            MigrateCommand.Create(),
            KeysCommand.Create(),
            RotateKeysCommand.Create(),
            ApplyCommand.Create(),
            VerifyLedgerCommand.Create(),
            EvidenceCommand.Create(),
            VerifyEvidenceCommand.Create(),
            ClusterRightsCommand.Create(),
            ReapCommand.Create(),
        };
        var parsed = root.Parse(WithVerb(args));
        // The library gives a verb two seconds from TERM to its end, which is too little for one that serves.
        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = parsed.CommandResult.Command.Name == ServeCommand.Name ? Stopping.AtMost : TimeSpan.FromSeconds(2) });
    }

    private static string[] WithVerb(string[] args) =>
        args is [] || (args[0].StartsWith("--", StringComparison.Ordinal) && args[0] is not ("--help" or "--version")) ? ["serve", .. args] : args;
}

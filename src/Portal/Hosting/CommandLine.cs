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
            ClusterRightsCommand.Create(),
            ReapCommand.Create(),
        };
        return root.Parse(WithVerb(args)).InvokeAsync();
    }

    private static string[] WithVerb(string[] args) =>
        args is [] || (args[0].StartsWith("--", StringComparison.Ordinal) && args[0] is not ("--help" or "--version")) ? ["serve", .. args] : args;
}

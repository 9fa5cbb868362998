using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Lapse.Portal.Hosting.Commands;
using Lapse.Portal.Hosting.Commands.Rbac;

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
            RbacCommand.Create(),
        };
        var parsed = root.Parse(WithVerb(args));
        if (parsed.Errors.Count > 0 && IsBelow(parsed.CommandResult, RbacCommand.Name)) return Task.FromResult(Misread(parsed));
        // The library gives a verb two seconds from TERM to its end, which is too little for one that serves.
        return parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = parsed.CommandResult.Command.Name == ServeCommand.Name ? Stopping.AtMost : TimeSpan.FromSeconds(2) });
    }

    // Of lapse rbac 1 is an answer, and standard output is read by scripts.
    private static int Misread(ParseResult parsed)
    {
        if (parsed.Action is ParseErrorAction action) (action.ShowHelp, action.ShowTypoCorrections) = (false, false);
        parsed.Invoke();
        return RbacCommand.Wrong;
    }

    private static bool IsBelow(SymbolResult? result, string name)
    {
        for (; result is not null; result = result.Parent)
            if (result is CommandResult { Command.Name: var found } && found == name) return true;
        return false;
    }

    private static string[] WithVerb(string[] args) =>
        args is [] || (args[0].StartsWith("--", StringComparison.Ordinal) && args[0] is not ("--help" or "--version")) ? ["serve", .. args] : args;
}

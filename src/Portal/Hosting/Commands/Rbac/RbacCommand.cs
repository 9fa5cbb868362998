using System.CommandLine;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>
/// <c>lapse rbac</c>: asks manifests or a cluster who may do what, and audits them. Without <c>--cluster</c> it needs neither database nor
/// configuration. Scripts rely on the options, the JSON and the exit codes.
/// </summary>
internal static class RbacCommand
{
    public const string Name = "rbac";

    /// <summary>Allowed, covered, answered, or nothing grave enough found.</summary>
    public const int Yes = 0;

    /// <summary>Not allowed, not covered, or something found.</summary>
    public const int No = 1;

    /// <summary>The input or the command line is wrong.</summary>
    public const int Wrong = 2;

    /// <summary>The answer would be “not allowed” or “nothing found”, but part of the input could not be read.</summary>
    public const int Unknown = 3;

    public static Command Create() => new(Name, "Ask manifests or a cluster who may do what, and audit them. Needs neither database nor configuration, but for --cluster.")
    {
        CanCommand.Create(),
        WhoCanCommand.Create(),
        WhatCanCommand.Create(),
        PathsCommand.Create(),
        CoversCommand.Create(),
        ScanCommand.Create(),
        JustInTimeCommand.Create(),
    };
}

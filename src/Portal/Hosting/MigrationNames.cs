using System.Reflection;
using Lapse.Migrations;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Lapse.Portal.Hosting;

/// <summary>The migrations of this version.</summary>
internal static class MigrationNames
{
    /// <summary>Their ids, as the database keeps them.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. typeof(DesignTimeFactory).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>What a release must know to serve on this schema: raised by contract steps only.</summary>
    public static string Needed { get; } = ContractSteps.All.Select(step => step.Knows).Append(All[0]).Max(StringComparer.Ordinal)!;
}

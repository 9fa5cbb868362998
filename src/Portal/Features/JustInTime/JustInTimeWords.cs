using Lapse.Domain;
using Lapse.Domain.JustInTime;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Icons;
using Microsoft.AspNetCore.WebUtilities;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>How the pages from standing to just-in-time access call things, and where they are.</summary>
public static class JustInTimeWords
{
    /// <summary>What a form of words begins with when an admin types whom they leave without a way to ask.</summary>
    public static readonly char[] Separators = [',', '\n', '\r', ';'];

    /// <summary>The list of a cluster.</summary>
    public static string ListAddress(string cluster) => $"/rbac/{Uri.EscapeDataString(cluster)}/just-in-time";

    /// <summary>The page that proposes for bindings. A binding may be called anything, so its name is no part of the path.</summary>
    public static string NewAddress(string cluster, params IEnumerable<string> bindings) =>
        bindings.Aggregate($"{ListAddress(cluster)}/new", (address, binding) => QueryHelpers.AddQueryString(address, "binding", binding));

    /// <summary>The page of a change.</summary>
    public static string Address(ConfigurationChangeId id) => $"/rbac/just-in-time/{id}";

    /// <summary>The command that prints Lapse's rights, the admission policy among them.</summary>
    public static string RightsCommand(string cluster) => $"lapse cluster-rights {cluster} --admission-policy";

    /// <summary>How a status is shown.</summary>
    public static StateLook Of(RemovalStatus status) => status switch
    {
        RemovalStatus.Waiting => new("Waiting", Tone.Waiting, Glyphs.Clock),
        RemovalStatus.Removing => new("Removing", Tone.Waiting, Glyphs.Progress),
        RemovalStatus.Removed => new("Removed", Tone.Good, Glyphs.Check),
        RemovalStatus.Restoring => new("Restoring", Tone.Waiting, Glyphs.Progress),
        RemovalStatus.Restored => new("Restored", Tone.Neutral, Glyphs.Access),
        RemovalStatus.Changed => new("Left alone: changed", Tone.Bad, Glyphs.Warning),
        RemovalStatus.Kept => new("Kept", Tone.Neutral, Glyphs.Ended),
    };
}

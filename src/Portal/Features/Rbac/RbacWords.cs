using System.Collections.Frozen;
using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Icons;
using Microsoft.AspNetCore.WebUtilities;

namespace Lapse.Portal.Features.Rbac;

/// <summary>How the pages of the audit call things, and where they are.</summary>
internal static class RbacWords
{
    private static readonly FrozenDictionary<string, Check> Known = Checks.All.ToFrozenDictionary(check => check.Id, StringComparer.Ordinal);

    /// <summary>The severities, the gravest first.</summary>
    public static IReadOnlyList<Severity> Severities { get; } = [Severity.Critical, Severity.High, Severity.Medium, Severity.Low, Severity.Info];

    /// <summary>The check of an id; <see langword="null"/> for one that this release does not know.</summary>
    public static Check? CheckOf(string id) => Known.GetValueOrDefault(id);

    /// <summary>How a severity is shown.</summary>
    public static StateLook Of(Severity severity) => severity switch
    {
        Severity.Critical => new("Critical", Tone.Bad, Glyphs.Warning),
        Severity.High => new("High", Tone.Waiting, Glyphs.Warning),
        Severity.Medium => new("Medium", Tone.Neutral, Glyphs.Warning),
        Severity.Low => new("Low", Tone.Neutral, Glyphs.Info),
        Severity.Info => new("Info", Tone.Neutral, Glyphs.Comment),
    };

    /// <summary>Such as <c>2 critical, 3 high</c>; what there is none of is left out.</summary>
    public static string Of(FindingCounts counts)
    {
        var some = Severities.Where(severity => counts.Of(severity) > 0).Select(severity => string.Create(CultureInfo.InvariantCulture, $"{counts.Of(severity)} {Lower(severity)}")).ToList();
        return some.Count == 0 ? "none" : string.Join(", ", some);
    }

    /// <summary>A severity as an address says it.</summary>
    public static string Lower(Severity severity) => Of(severity).Word.ToLowerInvariant();

    /// <summary>Which findings, in words.</summary>
    public static string Of(FindingStanding standing) => standing switch
    {
        FindingStanding.Open => "Open ones",
        FindingStanding.Accepted => "Accepted ones",
        FindingStanding.Standing => "Open and accepted ones",
        FindingStanding.Gone => "Those that are gone",
    };

    /// <summary>A check that could not be made, and why.</summary>
    public static string Of(NotEvaluated one) => one.Check.Length == 0 ? one.Why : $"{one.Check} {CheckOf(one.Check)?.Title}: {one.Why}";

    /// <summary>How what became of an object is shown.</summary>
    public static StateLook Of(RbacChangeKind kind) => kind switch
    {
        RbacChangeKind.Added => new("Added", Tone.Neutral, Glyphs.Plus),
        RbacChangeKind.Removed => new("Removed", Tone.Neutral, Glyphs.Cross),
        RbacChangeKind.Changed => new("Changed", Tone.Neutral, Glyphs.Progress),
        RbacChangeKind.Replaced => new("Deleted and made anew", Tone.Waiting, Glyphs.Progress),
    };

    /// <summary>Where something applies.</summary>
    public static string Where(string namespaceName) => namespaceName.Length == 0 ? "the whole cluster" : namespaceName;

    /// <summary>What kind of subject it is, in plain words.</summary>
    public static string Of(SubjectKind kind) => kind switch
    {
        SubjectKind.User => "User",
        SubjectKind.Group => "Group",
        SubjectKind.ServiceAccount => "Service account",
    };

    /// <summary>Whether Kubernetes itself brings a binding, and keeps it as it is.</summary>
    public static bool IsKubernetes(BindingObject binding) => binding.Labels.GetValueOrDefault("kubernetes.io/bootstrapping") == "rbac-defaults";

    /// <summary>A subject's name within its kind: <c>ci/deployer</c> for a ServiceAccount.</summary>
    public static string Name(Subject subject) => subject.Kind == SubjectKind.ServiceAccount ? $"{subject.Namespace}/{subject.Name}" : subject.Name;

    /// <summary>The page of a cluster's audit.</summary>
    public static string Address(string cluster) => $"/rbac/{Uri.EscapeDataString(cluster)}";

    /// <summary>The page of a finding.</summary>
    public static string Address(string cluster, FindingRow finding) => $"{Address(cluster)}/findings/{finding.Fingerprint}";

    /// <summary>The page of a subject. The name is no part of the path: a user may be called anything, also <c>../x</c>.</summary>
    public static string Address(string cluster, Subject subject) => QueryHelpers.AddQueryString($"{Address(cluster)}/subjects/{subject.Kind.ToString().ToLowerInvariant()}", "name", Name(subject));

    /// <summary>The subject that an address means; <see langword="null"/> if it means none.</summary>
    /// <param name="kind">As in the path.</param>
    /// <param name="name">As in the query.</param>
    public static Subject? SubjectOf(string kind, string name)
    {
        if (name.Length == 0) return null;
        switch (kind)
        {
            case "user": return Subject.OfUser(name);
            case "group": return Subject.OfGroup(name);
            case "serviceaccount":
                var slash = name.IndexOf('/', StringComparison.Ordinal);
                return slash > 0 && slash < name.Length - 1 ? Subject.OfAccount(name[..slash], name[(slash + 1)..]) : null;
            default: return null;
        }
    }

    /// <summary>The page of MITRE about a technique.</summary>
    public static string MitreAddress(string technique) => $"https://attack.mitre.org/techniques/{technique.Replace('.', '/')}/";
}

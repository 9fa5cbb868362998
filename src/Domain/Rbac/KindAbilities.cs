using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>The ordinary abilities: which kinds can be changed, deleted, made and read, and verbs of other makers.</summary>
internal static class KindAbilities
{
    [Flags]
    private enum Acts { None = 0, Create = 1, Change = 2, Delete = 4, Read = 8 }

    private const Acts Write = Acts.Create | Acts.Change;

    private static readonly ImmutableArray<(Acts Acts, string Words)> Changes =
    [
        (Acts.Create | Acts.Change | Acts.Delete, "change and delete"),
        (Acts.Create | Acts.Change, "change"),
        (Acts.Change | Acts.Delete, "change and delete existing"),
        (Acts.Change, "change existing"),
        (Acts.Create | Acts.Delete, "create and delete"),
        (Acts.Create, "create"),
        (Acts.Delete, "delete"),
    ];

    // Told by the special abilities, in words of their own.
    private static readonly ImmutableArray<string> ToldApart =
        ["exec", "attach", "portforward", "proxy", "ephemeralcontainers", "eviction", "token", "approval"];
    private static readonly ImmutableArray<string> VerbsToldApart = ["impersonate", "bind", "escalate", "use"];
    private static readonly ImmutableArray<string> Reviews =
    [
        "subjectaccessreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews",
        "selfsubjectreviews", "tokenreviews",
    ];

    /// <summary>Sentences for changes, other verbs, reads and questions, in this order.</summary>
    internal static IEnumerable<RoleAbility> Of(RoleRules rules, string? namespaceName)
    {
        var where = namespaceName is null ? " in the whole cluster" : $" in {namespaceName}";
        var atoms = rules.Atoms().Where(atom => atom.NonResourceUrls.IsEmpty && CanMean(atom, namespaceName)).ToList();
        var entries = Entries(atoms);

        foreach (var (acts, words) in Changes)
        {
            var kinds = Words(entries.Where(entry => (entry.Acts & ~Acts.Read) == acts));
            if (kinds.Count > 0) yield return Sentence(words, kinds, where, RoleDanger.Notable);
        }

        foreach (var verb in OtherVerbs(atoms))
            yield return Sentence($"use the verb \"{verb.Key}\" on", Sorted(verb.Select(atom => KindOf(atom))), where, RoleDanger.Notable);

        // Reading Secrets has a sentence of its own.
        var read = Words(entries.Where(entry => entry.Acts.HasFlag(Acts.Read) && entry is not { Group: "", Resource: "secrets" }));
        if (read.Count > 0) yield return Sentence("read", read, where, RoleDanger.None);
        if (atoms.Any(atom => Reviews.Contains(atom.Resources[0])))
            yield return new RoleAbility("Can ask the API server who may do what.", RoleDanger.None, null);
    }

    /// <summary>Each kind once, well-known ones first.</summary>
    internal static IReadOnlyList<string> Sorted(IEnumerable<string> kinds) =>
        [.. kinds.Distinct(StringComparer.Ordinal).OrderBy(KindWords.Order).ThenBy(kind => kind, StringComparer.Ordinal)];

    private static RoleAbility Sentence(string can, IReadOnlyList<string> kinds, string where, RoleDanger danger) =>
        new($"Can {can} {RoleInWords.Few(kinds)}{where}.", danger, kinds.Count > 3 ? $"These are {RoleInWords.Join(kinds)}." : null);

    private static bool CanMean(PolicyRule atom, string? namespaceName)
    {
        var (resource, subresource) = new Target("", atom.Resources[0]).Split();
        return resource.Length > 0 && subresource != PolicyRule.All
            && (namespaceName is null || !KindWords.IsClusterScoped(atom.ApiGroups[0], resource));
    }

    private static List<Entry> Entries(List<PolicyRule> atoms)
    {
        var entries = atoms
            .Where(atom => !Reviews.Contains(atom.Resources[0]))
            .GroupBy(atom => (Group: atom.ApiGroups[0], Resource: atom.Resources[0], Name: atom.ResourceNames.IsEmpty ? null : atom.ResourceNames[0]))
            .Select(group => new Entry(group.Key.Group, group.Key.Resource, group.Key.Name,
                group.Aggregate(Acts.None, (acts, atom) => acts | ActsOf(atom))))
            .Where(entry => entry.Acts != Acts.None)
            .ToList();
        return [.. entries.Where(entry => !entries.Any(other => other != entry && Tells(other, entry)))];
    }

    private static Acts ActsOf(PolicyRule atom)
    {
        var (_, subresource) = new Target("", atom.Resources[0]).Split();
        if (ToldApart.Contains(subresource)) return Acts.None;
        var acts = atom.Verbs[0] switch
        {
            PolicyRule.All => Acts.Create | Acts.Change | Acts.Delete | Acts.Read,
            "create" => Acts.Create,
            "update" or "patch" => Acts.Change,
            "delete" or "deletecollection" => Acts.Delete,
            "get" or "list" or "watch" => Acts.Read,
            _ => Acts.None,
        };

        // No request to create or delete a collection carries a name; and whatever is sent to a part changes it.
        if (!atom.ResourceNames.IsEmpty && atom.Verbs[0] == "deletecollection") return Acts.None;
        if (subresource.Length > 0) return (acts & Acts.Read) | ((acts & Write) == 0 ? Acts.None : Write);
        return atom.ResourceNames.IsEmpty ? acts : acts & ~Acts.Create;
    }

    /// <summary>Whether one entry already says all of another: the whole for a part, every kind for one, any name for one.</summary>
    private static bool Tells(Entry whole, Entry part)
    {
        if (whole.Name is not null || (part.Acts & ~whole.Acts) != 0) return false;
        if (whole.Resource == PolicyRule.All)
            return (whole.Group == PolicyRule.All && part.Group != whole.Group) || (whole.Group == part.Group && part.Resource != PolicyRule.All);

        // A kind of Kubernetes may be served by two groups, as Deployments once were by extensions.
        if (whole.Group != PolicyRule.All && whole.Group != part.Group && !(KindWords.IsOwnGroup(whole.Group) && KindWords.IsOwnGroup(part.Group)))
            return false;
        if (whole.Resource == part.Resource) return part.Name is not null || (whole.Group == PolicyRule.All && part.Group != whole.Group);
        return part.Resource.StartsWith(whole.Resource + "/", StringComparison.Ordinal) && !part.Resource.EndsWith("/log", StringComparison.Ordinal);
    }

    private static IEnumerable<IGrouping<string, PolicyRule>> OtherVerbs(List<PolicyRule> atoms) => atoms
        .Where(atom => !Reviews.Contains(atom.Resources[0])
            && !VerbsToldApart.Contains(atom.Verbs[0])
            && atom.Verbs[0] is not (PolicyRule.All or "create" or "update" or "patch" or "delete" or "deletecollection" or "get" or "list" or "watch"))
        .GroupBy(atom => atom.Verbs[0])
        .OrderBy(verb => verb.Key, StringComparer.Ordinal);

    private static IReadOnlyList<string> Words(IEnumerable<Entry> entries) => Sorted(entries
        .GroupBy(entry => KindWords.Of(entry.Group, entry.Resource))
        .Select(kind => kind.Any(entry => entry.Name is null)
            ? kind.Key
            : $"{kind.Key} (only {RoleInWords.Join([.. kind.Select(entry => entry.Name!).Distinct().Order(StringComparer.Ordinal)])})"));

    private static string KindOf(PolicyRule atom) => KindWords.Of(atom.ApiGroups[0], atom.Resources[0]);

    private sealed record Entry(string Group, string Resource, string? Name, Acts Acts);
}

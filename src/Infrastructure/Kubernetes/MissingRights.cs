using System.Text;
using k8s.Models;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>Asks a cluster whether Lapse may do all that catalogue entries need: before one is saved, and from time to time.</summary>
public static class MissingRights
{
    /// <summary>The rules that Lapse lacks for an entry; empty if it lacks none.</summary>
    /// <param name="api">The cluster, with Lapse's own credential.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static Task<ClusterResult<IReadOnlyList<MissingRight>>> FindAsync(ClusterApi api, ClusterRightsEntry entry, CancellationToken cancellationToken) =>
        FindAsync(api, Needed([entry]), cancellationToken);

    /// <summary>The rules that Lapse lacks for all entries of a cluster and for its own token and checkpoint, each once; empty if it lacks none.</summary>
    /// <param name="api">The cluster, with Lapse's own credential.</param>
    /// <param name="entries">The entries; with none, only what Lapse reads is asked for.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public static Task<ClusterResult<IReadOnlyList<MissingRight>>> FindAllAsync(ClusterApi api, IReadOnlyCollection<ClusterRightsEntry> entries, CancellationToken cancellationToken)
    {
        var needed = Needed(entries);
        // A token that never expires is never renewed.
        if (api.OwnToken is { ExpiresAt: not null } own) needed = needed.Append((own.Namespace, ClusterRights.TokenRule(new(own.Namespace, own.Name))));
        if (api.OwnToken is { } account) needed = needed.Append((account.Namespace, ClusterRights.CheckpointRule()));
        return FindAsync(api, needed, cancellationToken);
    }

    /// <summary>The refusal to show when something is missing; <see langword="null"/> if nothing is.</summary>
    public static Refusal? ToRefusal(IReadOnlyList<MissingRight> missing)
    {
        if (missing.Count == 0) return null;
        var text = new StringBuilder("Lapse could not bind this role: its own rights on the cluster do not reach so far. Nothing was saved. Add what is missing, then save again.");
        foreach (var right in missing) text.Append("\n\n").Append(right);
        return new("RightsMissing", text.ToString());
    }

    private static async Task<ClusterResult<IReadOnlyList<MissingRight>>> FindAsync(ClusterApi api, IEnumerable<(string? Place, V1PolicyRule Rule)> needed, CancellationToken cancellationToken)
    {
        var missing = new List<MissingRight>();
        foreach (var (place, rule) in needed)
        {
            var result = await LackingAsync(api, place, rule, cancellationToken);
            if (result.Failure is { } failure) return failure;
            if (result.Value is { } lacking) missing.Add(new(place, ClusterRights.ToYaml(lacking), Words(place, lacking)));
        }
        return missing;
    }

    private static string Words(string? place, V1PolicyRule rule) =>
        $"{string.Join(", ", rule.Verbs)} {string.Join(", ", rule.Resources)}{(rule.ResourceNames is { Count: > 0 } names ? " " + string.Join(", ", names) : "")}{(place is null ? "" : $" in {place}")}";

    private static IEnumerable<(string? Place, V1PolicyRule Rule)> Needed(IReadOnlyCollection<ClusterRightsEntry> entries)
    {
        foreach (var rule in ClusterRights.ReadRules()) yield return (null, rule);
        var clusterWide = entries.Where(entry => entry.IsClusterWide).ToList();
        if (clusterWide.Count > 0)
            foreach (var rule in ClusterRights.BindingRules(clusterWide, clusterWide: true)) yield return (null, rule);
        foreach (var place in entries.SelectMany(entry => entry.Namespaces).Distinct().Order(StringComparer.Ordinal))
            foreach (var rule in ClusterRights.BindingRules(entries.Where(entry => entry.Namespaces.Contains(place)), clusterWide: false)) yield return (place, rule);
    }

    private static async Task<ClusterResult<V1PolicyRule?>> LackingAsync(ClusterApi api, string? place, V1PolicyRule rule, CancellationToken cancellationToken)
    {
        var atoms = RuleMapping.From([rule]).SelectMany(RuleAtoms.Of).ToList();
        var lacking = new List<PolicyRule>();
        foreach (var atom in atoms)
        {
            var name = atom.ResourceNames.IsEmpty ? "" : atom.ResourceNames[0];
            var may = await api.CanIAsync(AccessQuestion.For(atom.Verbs[0], atom.ApiGroups[0], atom.Resources[0], name, place ?? ""), cancellationToken);
            if (may.Failure is { } failure) return failure;
            if (!may.Value) lacking.Add(atom);
        }
        if (lacking.Count == 0) return (V1PolicyRule?)null;
        return new V1PolicyRule
        {
            ApiGroups = rule.ApiGroups,
            Resources = [.. lacking.Select(atom => atom.Resources[0]).Distinct()],
            ResourceNames = rule.ResourceNames is null ? null : [.. lacking.SelectMany(atom => atom.ResourceNames).Distinct()],
            Verbs = [.. lacking.Select(atom => atom.Verbs[0]).Distinct()],
        };
    }
}

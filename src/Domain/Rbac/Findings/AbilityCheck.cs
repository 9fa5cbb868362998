using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>One check that looks at rules: what it reaches, and how grave that is where.</summary>
/// <param name="Check">The check.</param>
/// <param name="Does">What somebody does with it, after “lets … ”.</param>
/// <param name="ClusterWide">How grave it is in the whole cluster.</param>
/// <param name="Privileged">How grave in a privileged namespace.</param>
/// <param name="Elsewhere">How grave in any other namespace.</param>
/// <param name="Targets">Any of these makes it.</param>
internal sealed record AbilityCheck(Check Check, string Does, Severity ClusterWide, Severity Privileged, Severity Elsewhere, params ImmutableArray<Target> Targets)
{
    /// <summary>What decides further where place and names are not enough; <see langword="null"/> is no finding.</summary>
    internal Func<AbilityHit, AuditContext, Severity?>? Judge { get; init; }

    /// <summary>What the evidence says besides; <see langword="null"/> for nothing.</summary>
    internal Func<AuditContext, string>? Besides { get; init; }

    /// <summary>The rules of a role that make it, where it is bound.</summary>
    internal ImmutableArray<RuleHit> In(RoleObject role, IEnumerable<int> rules, bool clusterWide)
    {
        var hits = ImmutableArray.CreateBuilder<RuleHit>();
        foreach (var rule in rules)
        {
            foreach (var target in Targets)
            {
                if (!clusterWide && RuleMatch.NeedsCluster(target)) continue;
                var verbs = RuleMatch.Verbs(role.Rules[rule], target);
                if (verbs.Length > 0) hits.Add(new RuleHit(rule, target, verbs, role.Rules[rule].ResourceNames));
            }
        }

        return hits.ToImmutable();
    }

    /// <summary>How grave a hit is, or <see langword="null"/> for no finding.</summary>
    internal Severity? Of(AbilityHit hit, AuditContext context) => Judge is { } judge ? judge(hit, context) : Placed(hit, context);

    /// <summary>By place, and one less where only named objects are reached.</summary>
    internal Severity Placed(AbilityHit hit, AuditContext context)
    {
        var severity = hit.Binding.IsClusterWide ? ClusterWide : context.IsPrivileged(hit.Binding.Namespace) ? Privileged : Elsewhere;
        return hit.IsNamed ? Lower(severity) : severity;
    }

    /// <summary>One less, but never nothing at all.</summary>
    internal static Severity Lower(Severity severity) => severity > Severity.Low ? severity - 1 : severity;
}

/// <summary>A rule that reaches something.</summary>
/// <param name="Rule">Which rule of the role.</param>
/// <param name="Target">What it reaches.</param>
/// <param name="Verbs">With which verbs.</param>
/// <param name="Names">The names that it is limited to; empty for any.</param>
internal sealed record RuleHit(int Rule, Target Target, ImmutableArray<string> Verbs, ImmutableArray<string> Names);

/// <summary>A check that holds against a subject by a binding.</summary>
/// <param name="Ability">Which.</param>
/// <param name="Subject">Who.</param>
/// <param name="Binding">By which binding.</param>
/// <param name="Role">The role.</param>
/// <param name="Rules">The rules.</param>
internal sealed record AbilityHit(AbilityCheck Ability, Subject Subject, BindingObject Binding, RoleObject Role, ImmutableArray<RuleHit> Rules)
{
    /// <summary>Whether every rule is limited to names.</summary>
    internal bool IsNamed => Rules.All(hit => hit.Names.Length > 0);

    /// <summary>The names, if it is limited to names.</summary>
    internal ImmutableSortedSet<string> Names => field ??= Rules.SelectMany(hit => hit.Names).ToImmutableSortedSet(StringComparer.Ordinal);
}

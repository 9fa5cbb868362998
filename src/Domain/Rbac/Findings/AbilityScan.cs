using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>
/// Makes the checks that look at rules: one finding for each check, subject and binding. What a graver one of the same binding
/// says already is told in that one's evidence, so that somebody with everything is one finding and not thirty.
/// </summary>
internal sealed class AbilityScan(AuditContext context)
{
    // What a role's rules make is the same for everybody who has it.
    private readonly Dictionary<(string, string, bool), List<(AbilityCheck Ability, ImmutableArray<RuleHit> Rules)>> _ofRole = [];

    internal IEnumerable<Finding> Findings()
    {
        foreach (var binding in context.Index.Bindings)
        {
            if (context.Index.RoleOf(binding) is not { } role) continue;
            foreach (var subject in binding.Subjects.Select(subject => subject.Means(binding.Namespace)).OfType<Subject>().Distinct())
            {
                foreach (var finding in Of(binding, role, subject)) yield return finding;
            }
        }
    }

    /// <summary>The findings of one subject by one binding.</summary>
    internal IEnumerable<Finding> Of(BindingObject binding, RoleObject role, Subject subject)
    {
        var rules = context.Rules(binding, role, subject);
        if (rules.IsEmpty) return [];
        foreach (var rule in rules)
            if (RoleAbilities.IsEverything(role.Rules[rule])) return [Everything(binding, role, subject, rule)];

        var hits = Hits(binding, role, rules)
            .Select(found => new AbilityHit(found.Ability, subject, binding, role, found.Rules))
            .Select(hit => (Hit: hit, Severity: hit.Ability.Of(hit, context)))
            .Where(one => one.Severity is not null)
            .Select(one => (one.Hit, Severity: one.Severity!.Value))
            .ToList();
        return hits.Where(one => FoldedInto(one, hits) is null).Select(one => Made(one.Hit, one.Severity, [.. hits.Where(part => FoldedInto(part, hits) == one.Hit.Ability.Check).Select(part => part.Hit.Ability)]));
    }

    private IEnumerable<(AbilityCheck Ability, ImmutableArray<RuleHit> Rules)> Hits(BindingObject binding, RoleObject role, ImmutableArray<int> rules)
    {
        var key = (role.Namespace, role.Name, binding.IsClusterWide);
        if (!_ofRole.TryGetValue(key, out var all))
        {
            _ofRole[key] = all = [.. AbilityChecks.Table
                .Select(ability => (ability, ability.In(role, Enumerable.Range(0, role.Rules.Length), binding.IsClusterWide)))
                .Where(found => !found.Item2.IsEmpty)];
        }

        return rules.Length == role.Rules.Length ? all
            : all.Select(found => (found.Ability, Rules: found.Rules.Where(hit => rules.Contains(hit.Rule)).ToImmutableArray())).Where(found => !found.Rules.IsEmpty);
    }

    // The check whose finding says it already, if that is at least as grave and reaches no fewer objects.
    private static Check? FoldedInto((AbilityHit Hit, Severity Severity) part, List<(AbilityHit Hit, Severity Severity)> hits)
    {
        foreach (var (whole, folded) in AbilityChecks.Folded)
        {
            if (folded != part.Hit.Ability.Check) continue;
            var found = hits.Find(one => one.Hit.Ability.Check == whole);
            if (found.Hit is not null && found.Severity >= part.Severity && !found.Hit.IsNamed) return FoldedInto(found, hits) ?? whole;
        }

        return null;
    }

    private Finding Everything(BindingObject binding, RoleObject role, Subject subject, int rule)
    {
        var space = binding.Namespace;
        var where = space.Length == 0 ? "in the whole cluster" : Where(space);
        return new Finding
        {
            Check = space.Length == 0 ? Checks.ClusterAdmin : Checks.NamespaceAdmin,
            Severity = space.Length == 0 || context.IsPrivileged(space) ? Severity.Critical : Severity.High,
            Subject = subject,
            Role = role.Reference,
            Binding = binding.Reference,
            Namespace = space,
            Evidence = $"{Rule(rule)} of {role.Reference}, through {binding.Reference}, lets {subject} do everything with everything {where}. Every other ability that is looked for is part of it and not listed apart.",
            Rules = [new Allowance(binding, role, rule)],
            Fix = $"{FixWords.Remove(binding, subject)}; bind a role with what is used instead. {(space.Length == 0 ? Checks.ClusterAdmin : Checks.NamespaceAdmin).Fix}",
        };
    }

    private Finding Made(AbilityHit hit, Severity severity, List<AbilityCheck> folded)
    {
        var (binding, role, check) = (hit.Binding, hit.Role, hit.Ability.Check);
        var rules = hit.Rules.GroupBy(one => one.Rule).ToList();
        var said = string.Join(", and ", rules.Take(3).Select(rule => $"{Rule(rule.Key)} ({Said(rule)})")) + (rules.Count > 3 ? $", and {rules.Count - 3} more" : "");
        var also = folded.Count == 0 ? "" : $" It also lets it {RoleInWords.Join([.. folded.Select(ability => $"{ability.Does} ({ability.Check.Id})")])}; that is not listed apart.";
        return new Finding
        {
            Check = check,
            Severity = severity,
            Subject = hit.Subject,
            Role = role.Reference,
            Binding = binding.Reference,
            Namespace = binding.Namespace,
            Evidence = $"{said} of {role.Reference}, through {binding.Reference}, lets {hit.Subject} {hit.Ability.Does}{Only(hit)} {(binding.IsClusterWide ? "in the whole cluster" : Where(binding.Namespace))}.{hit.Ability.Besides?.Invoke(context)}{also}",
            Rules = [.. rules.Select(rule => new Allowance(binding, role, rule.Key))],
            Fix = $"{FixWords.Remove(binding, hit.Subject)}, or take it out of {FixWords.Rules(rules.Select(rule => rule.Key))} of {role.Reference}. {check.Fix}",
        };
    }

    private static string Rule(int rule) => string.Create(CultureInfo.InvariantCulture, $"rule {rule + 1}");

    private static string Said(IEnumerable<RuleHit> hits)
    {
        var all = hits.ToList();
        var verbs = all.SelectMany(hit => hit.Verbs).Distinct();
        var resources = all.Select(hit => hit.Target.Resource).Distinct().ToList();
        return $"{string.Join(", ", verbs)} on {string.Join(", ", resources.Take(4))}{(resources.Count > 4 ? " and others" : "")}";
    }

    private static string Only(AbilityHit hit)
    {
        if (!hit.IsNamed) return "";
        var names = hit.Names.ToList();
        return $" (only {RoleInWords.Join([.. names.Take(5), .. names.Count > 5 ? new[] { $"{names.Count - 5} more" } : []])})";
    }

    private string Where(string space) => context.IsPrivileged(space) ? $"in {space}, {context.WhyPrivileged(space)}" : $"in {space}";
}

/// <summary>What is to be done, in words.</summary>
internal static class FixWords
{
    /// <summary>How a subject loses what a binding gives it.</summary>
    internal static string Remove(BindingObject binding, Subject subject) =>
        binding.Subjects.Select(one => one.Means(binding.Namespace)).Distinct().Count() <= 1 ? $"Delete {binding.Reference}" : $"Take {subject} out of {binding.Reference}";

    /// <summary>Such as <c>rules 1 and 3</c>.</summary>
    internal static string Rules(IEnumerable<int> rules)
    {
        string[] numbers = [.. rules.Select(rule => (rule + 1).ToString(CultureInfo.InvariantCulture))];
        return $"rule{(numbers.Length == 1 ? "" : "s")} {RoleInWords.Join(numbers)}";
    }
}

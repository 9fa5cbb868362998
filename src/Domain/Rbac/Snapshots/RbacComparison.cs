using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Snapshots;

/// <summary>Says what became of an object between two moments.</summary>
public static class RbacComparison
{
    /// <summary>What is different.</summary>
    /// <param name="before">What it was; <see langword="null"/> if it was not there.</param>
    /// <param name="after">What it is; <see langword="null"/> if it is not there any more.</param>
    public static RbacChange Of(RbacObject? before, RbacObject? after)
    {
        if (before is null && after is null) throw new ArgumentException("An object that never was did not change.");
        if (before is null) return new(RbacChangeKind.Added, null, after, []) { Widens = after is RoleObject { Rules.IsEmpty: false } made ? Widening([], made.Rules) : [] };
        if (after is null) return new(RbacChangeKind.Removed, before, null, []);
        return new(before.Uid == after.Uid ? RbacChangeKind.Changed : RbacChangeKind.Replaced, before, after, Fields(before, after))
        {
            Widens = (before, after) is (RoleObject had, RoleObject has) ? Widening(had.Rules, has.Rules) : [],
        };
    }

    private static ImmutableArray<RbacFieldChange> Fields(RbacObject before, RbacObject after)
    {
        var fields = ImmutableArray.CreateBuilder<RbacFieldChange>();
        switch (before, after)
        {
            case (RoleObject was, RoleObject isNow):
                Add("rules", was.Rules.Select(Say), isNow.Rules.Select(Say));
                Add("aggregates", was.Aggregates.Select(selector => selector.ToString()), isNow.Aggregates.Select(selector => selector.ToString()));
                break;
            case (BindingObject was, BindingObject isNow):
                Add("role", [$"{was.Role.Kind} {was.Role.Name}"], [$"{isNow.Role.Kind} {isNow.Role.Name}"]);
                Add("subjects", was.Subjects.Select(Say), isNow.Subjects.Select(Say));
                break;
            case (ServiceAccountObject was, ServiceAccountObject isNow):
                Add("automounts its token", [Say(was.AutomountsToken)], [Say(isNow.AutomountsToken)]);
                break;
            case (WorkloadObject was, WorkloadObject isNow):
                Add("service account", [was.ServiceAccount], [isNow.ServiceAccount]);
                Add("automounts the token", [Say(was.AutomountsToken)], [Say(isNow.AutomountsToken)]);
                Add("node", [was.Node], [isNow.Node]);
                Add("reaches its node", [Say(was.ReachesItsNode)], [Say(isNow.ReachesItsNode)]);
                Add("owner", [was.Owner], [isNow.Owner]);
                break;
            case (TokenSecretObject was, TokenSecretObject isNow):
                Add("service account", [was.ServiceAccount], [isNow.ServiceAccount]);
                break;
        }

        Add("labels", Say(before.Labels), Say(after.Labels));
        Add("annotations", Say(before.Annotations), Say(after.Annotations));
        return fields.ToImmutable();

        // Each text as often as it is there: a rule that stands twice and then once is a change.
        void Add(string name, IEnumerable<string> was, IEnumerable<string> isNow)
        {
            var (gone, come) = (was.ToList(), new List<string>());
            foreach (var text in isNow)
                if (!gone.Remove(text)) come.Add(text);
            if (gone.Count + come.Count > 0) fields.Add(new(name, [.. gone], [.. come]));
        }
    }

    // A role of so many single permissions is not taken apart for a page; its rules are shown anyway.
    private static ImmutableArray<PolicyRule> Widening(ImmutableArray<PolicyRule> had, ImmutableArray<PolicyRule> has)
    {
        const long MostAtoms = 20_000;
        var atoms = has.Sum(rule => ((long)rule.ApiGroups.Length * rule.Resources.Length * Math.Max(1, rule.ResourceNames.Length) * rule.Verbs.Length) + ((long)rule.NonResourceUrls.Length * rule.Verbs.Length));
        return atoms > MostAtoms ? [] : [.. Escalation.Uncovered(had, has).Take(100)];
    }

    private static string Say(PolicyRule rule)
    {
        var names = rule.ResourceNames.IsEmpty ? "" : $" named {string.Join(", ", rule.ResourceNames)}";
        var resources = rule.Resources.IsEmpty ? "" : $"{string.Join(", ", rule.Resources)} in {string.Join(", ", rule.ApiGroups.Select(group => group.Length == 0 ? "core" : group))}{names}";
        var what = string.Join("; ", new[] { resources, string.Join(", ", rule.NonResourceUrls) }.Where(text => text.Length > 0));
        return $"{string.Join(", ", rule.Verbs)}: {what}";
    }

    private static string Say(BindingSubject subject) => subject.Namespace.Length == 0 ? $"{subject.Kind} {subject.Name}" : $"{subject.Kind} {subject.Namespace}/{subject.Name}";

    private static string Say(bool? flag) => flag switch { null => "not said", true => "yes", false => "no" };

    private static IEnumerable<string> Say(ImmutableSortedDictionary<string, string> texts) => texts.Select(text => $"{text.Key}={text.Value}");
}

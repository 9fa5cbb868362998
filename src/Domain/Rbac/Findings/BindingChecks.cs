using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The checks that look at who is bound to what: everybody, nobody, what does not exist, and what is not as Kubernetes made it.</summary>
internal sealed class BindingChecks(AuditContext context, AbilityScan abilities)
{
    private readonly HashSet<string> _accountSpaces = [.. context.Read.ServiceAccounts.Select(account => account.Namespace)];
    private readonly HashSet<Subject> _accounts = [.. context.Read.ServiceAccounts.Select(account => account.Subject)];

    private readonly List<RoleObject> _labelled = [.. context.Index.Roles.Where(role => role.IsClusterRole && !role.Labels.IsEmpty)];

    internal IEnumerable<Finding> Findings()
    {
        foreach (var binding in context.Read.Bindings.DistinctBy(binding => (binding.Namespace, binding.Name)))
        {
            // Of two objects with one name the later counts.
            var current = context.Index.Binding(binding.Namespace, binding.Name)!;
            foreach (var finding in Of(current)) yield return finding;
        }

        foreach (var finding in ChangedRoles()) yield return finding;
        foreach (var finding in Many()) yield return finding;
    }

    private IEnumerable<Finding> Of(BindingObject binding)
    {
        var role = context.Index.RoleOf(binding);
        if (role is null && Dangling(binding) is { } dangling) yield return dangling;
        var known = KubernetesDefaults.Binding(binding.Namespace, binding.Name);
        foreach (var written in binding.Subjects.Distinct())
        {
            if (written.Means(binding.Namespace) is not { } subject || KubernetesDefaults.Gives(binding, subject)) continue;
            if (Everybody(binding, role, subject) is { } everybody) yield return everybody;
            if (Missing(binding, role, subject) is { } missing) yield return missing;
            if (written.Kind == "User" && subject.Kind == SubjectKind.ServiceAccount) yield return AsUser(binding, role, written, subject);
            if (known is not null) yield return Added(binding, role, subject);
        }
    }

    private Finding? Everybody(BindingObject binding, RoleObject? role, Subject subject)
    {
        var anonymous = subject is { Kind: SubjectKind.User, Name: Requester.Anonymous } or { Kind: SubjectKind.Group, Name: Requester.Unauthenticated };
        var everybody = subject.Kind == SubjectKind.Group && (subject.Name is Requester.Authenticated or Requester.ServiceAccounts || subject.Name.StartsWith(Requester.ServiceAccounts + ":", StringComparison.Ordinal));
        if (!anonymous && !everybody || role is null) return null;
        var worst = abilities.Of(binding, role, subject).Select(finding => finding.Severity).DefaultIfEmpty(Severity.Info).Max();
        var reaches = role.Rules.Where(rule => !IsHarmless(rule)).ToList();
        var changes = reaches.Exists(rule => rule.Verbs.Any(verb => verb is not ("get" or "list" or "watch")));
        // A whole namespace's ServiceAccounts are fewer, and inside their own namespace at home.
        var own = subject.Name == $"{Requester.ServiceAccounts}:{binding.Namespace}";
        Severity? severity = anonymous
            ? worst >= Severity.High || changes ? Severity.Critical : reaches.Count > 0 ? Severity.High : role.Rules.IsEmpty ? null : Severity.Low
            : worst >= Severity.High ? (own ? Severity.High : Severity.Critical)
            : worst >= Severity.Low || changes ? (own ? Severity.Low : Severity.High)
            : reaches.Count == 0 ? null
            : own ? Severity.Info : binding.IsClusterWide ? Severity.Medium : Severity.Low;
        if (severity is not { } grave) return null;
        var check = anonymous ? Checks.Anonymous : Checks.Everybody;
        var who = anonymous ? "anybody who reaches the API server, without a credential" : subject.Name switch
        {
            Requester.Authenticated => "every user and every ServiceAccount",
            Requester.ServiceAccounts => "every ServiceAccount of every namespace",
            var group => $"every ServiceAccount of {group[(Requester.ServiceAccounts.Length + 1)..]}",
        };
        return Finding(check, grave, binding, role, subject, $"{binding.Reference} gives {role.Reference} to {subject}, which is {who}: {Briefly(role, binding)}", $"{FixWords.Remove(binding, subject)}. {check.Fix}");
    }

    private static string Briefly(RoleObject role, BindingObject binding)
    {
        try
        {
            var sentences = RoleInWords.Describe(RoleRules.From(role.Rules), binding.IsClusterWide ? null : binding.Namespace);
            return string.Join(' ', sentences.Take(3).Select(ability => ability.Sentence));
        }
        catch (FormatException)
        {
            return "It has more single permissions than can be told.";
        }
    }

    // Questions about oneself, and addresses that say nothing of what runs in the cluster.
    private static bool IsHarmless(PolicyRule rule) =>
        (rule.Resources.IsEmpty && rule.Verbs.All(verb => verb is "get" or "head" or "options"))
        || (rule.Resources.Length > 0 && rule.Verbs.All(verb => verb == "create") && rule.Resources.All(resource => resource.StartsWith("self", StringComparison.Ordinal)))
        || rule.Verbs.IsEmpty;

    private Finding? Dangling(BindingObject binding)
    {
        var part = binding.Role.Kind == "ClusterRole" ? "clusterroles" : "roles";
        if (!context.Read.IsKnown(part)) return null;
        var whole = context.Read.IsWhole(part);
        var name = binding.Role.Kind == "Role" ? $"Role {binding.Namespace}/{binding.Role.Name}" : $"{binding.Role.Kind} {binding.Role.Name}";
        return Finding(Checks.DanglingRole, whole ? Severity.Medium : Severity.Low, binding, null, null,
            whole ? $"{binding.Reference} gives {name}, which does not exist. It gives nothing until somebody makes it."
                : $"{binding.Reference} gives {name}, which is neither in these manifests nor in every cluster.",
            $"Delete {binding.Reference}, or make {name}.", name);
    }

    private Finding? Missing(BindingObject binding, RoleObject? role, Subject subject)
    {
        if (subject.Kind != SubjectKind.ServiceAccount || _accounts.Contains(subject)) return null;
        var whole = context.Read.IsWhole("serviceaccounts");
        // Every namespace has a default one, and of a namespace that the manifests say nothing about nothing follows.
        if (!whole && (subject.Name == "default" || !_accountSpaces.Contains(subject.Namespace))) return null;
        if (!context.Read.IsKnown("serviceaccounts")) return null;
        var worst = role is null ? Severity.Info : AbilityChecks.Worst(role);
        var severity = !whole ? Severity.Low : worst >= Severity.High ? Severity.High : worst >= Severity.Medium ? Severity.Medium : Severity.Low;
        return Finding(Checks.DanglingAccount, severity, binding, role, subject,
            whole ? $"{binding.Reference} names {subject}, which does not exist: whoever may create it has what is bound."
                : $"{binding.Reference} names {subject}, which is not in these manifests, though others of {subject.Namespace} are.",
            $"{FixWords.Remove(binding, subject)}, or make the ServiceAccount.");
    }

    private static Finding AsUser(BindingObject binding, RoleObject? role, BindingSubject written, Subject subject) =>
        Finding(Checks.AccountAsUser, role is not null && AbilityChecks.Worst(role) >= Severity.High ? Severity.High : Severity.Medium, binding, role, subject,
            $"{binding.Reference} names the User {written.Name}, which is {subject}: it has {binding.Role.Kind} {binding.Role.Name} though no subject of its kind says so.",
            $"In {binding.Reference} write kind: ServiceAccount, name: {subject.Name}, namespace: {subject.Namespace}; or take it out.");

    private static Finding Added(BindingObject binding, RoleObject? role, Subject subject)
    {
        var known = KubernetesDefaults.Binding(binding.Namespace, binding.Name)!;
        var worst = role is null ? Severity.Info : AbilityChecks.Worst(role);
        var what = known.Role == binding.Role ? $"names {subject}, who is not there by default" : $"gives {binding.Role.Kind} {binding.Role.Name} instead of {known.Role.Name}";
        return Finding(Checks.ChangedDefaultBinding, worst < Severity.Medium ? Severity.Medium : worst, binding, role, subject,
            $"{binding.Reference} is one of Kubernetes' own, but {what}.", $"{FixWords.Remove(binding, subject)}. {Checks.ChangedDefaultBinding.Fix}");
    }

    private IEnumerable<Finding> ChangedRoles()
    {
        var written = context.Read.Roles.Select(role => (role.Namespace, role.Name)).ToHashSet();
        foreach (var role in context.Index.Roles.OrderBy(role => role.Reference, StringComparer.Ordinal))
        {
            if (KubernetesDefaults.Role(role.Namespace, role.Name) is not { } known) continue;
            if (!written.Contains((role.Namespace, role.Name)) && role.Aggregates.IsEmpty) continue;
            var beyond = context.Beyond(role);
            if (beyond.IsEmpty) continue;
            var added = known.Aggregates.IsEmpty ? [] : Sources(role);
            var byLabel = beyond.Where(rule => added.ContainsKey(role.Rules[rule])).ToList();
            var byHand = beyond.Except(byLabel).ToList();
            // Operators add their own kinds to admin, edit and view; only what is dangerous there is a change to speak of.
            var grave = byLabel.Where(rule => AbilityChecks.Worst(role, [rule]) >= Severity.High).ToList();
            if (byHand.Count == 0 && grave.Count == 0) continue;
            List<int> rules = [.. byHand, .. grave];
            var worst = AbilityChecks.Worst(role, rules);
            var sources = grave.Select(rule => added[role.Rules[rule]].Reference).Distinct().ToList();
            var more = Uncovered(known, role, rules);
            var bindings = context.Index.BindingsOf(role).Length;
            yield return new Finding
            {
                Check = Checks.ChangedDefaultRole,
                Severity = worst < Severity.Medium ? Severity.Medium : worst,
                Role = role.Reference,
                Namespace = role.Namespace,
                Evidence = $"{role.Reference} is one of Kubernetes' own, but in no version from 1.20 on it allows: {more}.{(sources.Count > 0 ? $" {RoleInWords.Join(sources)} adds that by its label." : "")} {bindings} binding{(bindings == 1 ? "" : "s")} give{(bindings == 1 ? "s" : "")} it.",
                Rules = [],
                Fix = sources.Count > 0 && byHand.Count == 0 ? $"Take the label off {RoleInWords.Join(sources)}, or narrow it." : $"Put the rules of {role.Reference} back, and give what was added by a role of your own. {Checks.ChangedDefaultRole.Fix}",
            };
        }
    }

    // The ClusterRoles that add rules to an aggregated one by its label, through other aggregated ones too, and are none of Kubernetes' own.
    private Dictionary<PolicyRule, RoleObject> Sources(RoleObject role)
    {
        var sources = new Dictionary<PolicyRule, RoleObject>();
        var (seen, queue) = (new HashSet<string>(StringComparer.Ordinal) { role.Name }, new Queue<RoleObject>([role]));
        while (queue.TryDequeue(out var aggregated))
        {
            foreach (var other in _labelled.Where(other => aggregated.Aggregates.Any(selector => selector.Matches(other.Labels)) && seen.Add(other.Name)))
            {
                if (!other.Aggregates.IsEmpty) queue.Enqueue(other);
                else if (KubernetesDefaults.Role("", other.Name) is null)
                    foreach (var rule in other.Rules) sources.TryAdd(rule, other);
            }
        }

        return sources;
    }

    private static string Uncovered(RoleObject known, RoleObject role, List<int> rules)
    {
        var atoms = Escalation.Uncovered(known.Rules, rules.Select(rule => role.Rules[rule]).Where(rule => rule.Verbs.Length * rule.Resources.Length < 500)).Take(200).ToList();
        if (atoms.Count == 0) return "more single permissions than can be told";
        var lines = RoleInWords.Atoms(atoms);
        return string.Join(", ", lines.Take(6)) + (lines.Count > 6 ? $" and {lines.Count - 6} more" : "");
    }

    private IEnumerable<Finding> Many()
    {
        var bindings = new Dictionary<Subject, List<BindingObject>>();
        var subjects = new Dictionary<string, HashSet<Subject>>(StringComparer.Ordinal);
        foreach (var binding in context.Index.Bindings)
        {
            foreach (var subject in binding.Subjects.Select(one => one.Means(binding.Namespace)).OfType<Subject>().Distinct())
            {
                if (KubernetesDefaults.Gives(binding, subject)) continue;
                if (!bindings.TryGetValue(subject, out var list)) bindings[subject] = list = [];
                list.Add(binding);
                if (binding.IsClusterWide) continue;
                if (!subjects.TryGetValue(binding.Namespace, out var set)) subjects[binding.Namespace] = set = [];
                set.Add(subject);
            }
        }

        foreach (var (subject, list) in bindings.Where(one => one.Value.Count >= context.Settings.ManyRoles))
        {
            yield return new Finding
            {
                Check = Checks.Many,
                Severity = Severity.Info,
                Subject = subject,
                Evidence = $"{subject} has {list.Select(one => (one.Role, one.Role.Kind == "Role" ? one.Namespace : "")).Distinct().Count()} different roles by {list.Count} bindings, such as {string.Join(", ", list.Take(3).Select(one => one.Reference))}.",
                Fix = Checks.Many.Fix,
            };
        }

        foreach (var (space, set) in subjects.Where(one => one.Value.Count >= context.Settings.ManySubjects))
        {
            yield return new Finding
            {
                Check = Checks.Many,
                Severity = Severity.Info,
                Namespace = space,
                Evidence = $"{set.Count} different subjects are named by RoleBindings of {space}.",
                Fix = Checks.Many.Fix,
            };
        }
    }

    private static Finding Finding(Check check, Severity severity, BindingObject binding, RoleObject? role, Subject? subject, string evidence, string fix, string roleName = "") => new()
    {
        Check = check,
        Severity = severity,
        Subject = subject,
        Role = role?.Reference ?? roleName,
        Binding = binding.Reference,
        Namespace = binding.Namespace,
        Evidence = evidence,
        Fix = fix,
        Rules = [],
    };
}

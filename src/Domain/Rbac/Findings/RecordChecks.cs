using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;
using AppearedObject = Lapse.Domain.Access.AppearedObject;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The checks that need more than a state: what was used, what was left behind; and the paths of several steps.</summary>
internal sealed class RecordChecks(AuditContext context, IReadOnlyList<Finding> abilities)
{
    internal IEnumerable<Finding> Findings() => [.. Unused(), .. MadePermanent(), .. SeveralSteps()];

    internal IEnumerable<NotEvaluated> NotEvaluated()
    {
        if (context.Records.Activity is not { } activity)
            yield return new(Checks.UnusedRights.Id, "No activity has been recorded yet, so that nobody knows what is used.");
        else if (IsTooShort(activity))
            yield return new(Checks.UnusedRights.Id, $"Activity has been recorded for {(int)(activity.Until - activity.Since).TotalDays} of the {context.Settings.UnusedAfterDays} days that are looked at.");
        if (context.Records.LeftBehind is not { } left)
        {
            yield return new(Checks.MadePermanent.Id, "What appeared while somebody had temporary access is not known here.");
            yield break;
        }

        foreach (var record in left.Where(record => record.Left.Count > record.Left.Objects.Count))
            yield return new(Checks.MadePermanent.Id, $"{record.Left.Count - record.Left.Objects.Count} more objects appeared during {record.Grant} of {record.Person}; they are not named one by one.");
        // Said of all: it is so after every access, and what was found can still be seen to be gone.
        foreach (var missing in left.SelectMany(record => record.Left.NotLooked).Distinct())
            yield return new("", $"After temporary access, {missing.Kind} were not looked at: {missing.Why}.");
    }

    private bool IsTooShort(ObservedActivity activity) => activity.Until - activity.Since < TimeSpan.FromDays(context.Settings.UnusedAfterDays);

    private IEnumerable<Finding> Unused()
    {
        if (context.Records.Activity is not { } activity || IsTooShort(activity)) yield break;
        var days = (int)(activity.Until - activity.Since).TotalDays;
        foreach (var strong in abilities.Where(finding => finding is { Severity: >= Severity.High, Subject.Kind: not SubjectKind.Group } && finding.Rules.Length > 0)
            .GroupBy(finding => (finding.Subject, finding.Binding)))
        {
            var (subject, by) = (strong.Key.Subject!.Value, strong.First().Rules[0]);
            var used = activity.Requests.GetValueOrDefault(subject, []).Where(request => Gives(by, request)).ToList();
            var minimal = MinimalRole.Covering(used);
            if (used.Count > 0 && by.Role.Rules.All(rule => Size(rule) <= RuleAtoms.Max) && Escalation.Uncovered(minimal, by.Role.Rules).Count == 0) continue;
            var rest = used.Count == 0 ? "" : $" What it did is covered by: {string.Join("; ", minimal.Select(Words))}.";
            yield return new Finding
            {
                Check = Checks.UnusedRights,
                Severity = used.Count == 0 ? Severity.High : Severity.Medium,
                Subject = subject,
                Role = by.Role.Reference,
                Binding = by.Binding.Reference,
                Namespace = by.Binding.Namespace,
                Evidence = used.Count == 0
                    ? $"In {days} days {subject} did nothing that {by.Role.Reference} through {by.Binding.Reference} allows ({strong.First().Check.Title.ToLowerInvariant()} among it)."
                    : $"In {days} days {subject} did only a part of what {by.Role.Reference} through {by.Binding.Reference} allows.{rest}",
                Rules = [by],
                Fix = used.Count == 0 ? $"{FixWords.Remove(by.Binding, subject)}." : $"Bind a role with exactly these rules instead of {by.Role.Reference}: {string.Join("; ", minimal.Select(Words))}.",
            };
        }
    }

    private static double Size(PolicyRule rule) => (double)rule.Verbs.Length * rule.ApiGroups.Length * rule.Resources.Length * Math.Max(1, rule.ResourceNames.Length);

    private static bool Gives(Allowance by, AccessQuestion request) =>
        (by.Binding.IsClusterWide || (request.IsResource && request.Namespace == by.Binding.Namespace)) && by.Role.Rules.Any(rule => Evaluator.Allows(rule, request));

    private static string Words(PolicyRule rule) => rule.Resources.IsEmpty
        ? $"{string.Join(",", rule.Verbs)} {string.Join(",", rule.NonResourceUrls)}"
        : $"{string.Join(",", rule.Verbs)} {string.Join(",", rule.Resources)} ({string.Join(",", rule.ApiGroups.Select(group => group.Length == 0 ? "core" : group))}){(rule.ResourceNames.IsEmpty ? "" : $" named {string.Join(",", rule.ResourceNames)}")}";

    private IEnumerable<Finding> MadePermanent()
    {
        foreach (var record in context.Records.LeftBehind ?? [])
        {
            foreach (var appeared in record.Left.Objects)
            {
                if (Still(appeared) is not { } severity) continue;
                var binding = appeared.Kind.EndsWith("Binding", StringComparison.Ordinal) ? context.Index.Binding(appeared.Namespace ?? "", appeared.Name) : null;
                yield return new Finding
                {
                    Check = Checks.MadePermanent,
                    Severity = severity,
                    Role = binding is null ? "" : context.Index.RoleOf(binding)?.Reference ?? $"{binding.Role.Kind} {binding.Role.Name}",
                    Binding = appeared.ToString(),
                    Namespace = appeared.Namespace ?? "",
                    Evidence = $"{appeared} appeared while {record.Person} had {record.Grant} and is still there. Somebody else may have made it.",
                    Fix = $"Ask {record.Person} what {appeared} is for; if it is not for good, delete it.",
                };
            }
        }
    }

    // How grave it is that it is still there; null if it is gone, or is another one of that name.
    private Severity? Still(AppearedObject appeared)
    {
        var space = appeared.Namespace ?? "";
        RbacObject? now = appeared.Kind switch
        {
            "RoleBinding" or "ClusterRoleBinding" => context.Read.Bindings.LastOrDefault(one => one.Namespace == space && one.Name == appeared.Name),
            "ServiceAccount" => context.Read.ServiceAccounts.LastOrDefault(one => one.Namespace == space && one.Name == appeared.Name),
            "Secret" => context.Read.Tokens.LastOrDefault(one => one.Namespace == space && one.Name == appeared.Name),
            _ => null,
        };
        // Nobody can take a certificate back, whether its request is still there or not.
        if (appeared.Kind == "CertificateSigningRequest") return Severity.High;
        if (now is null || (now.Uid.Length > 0 && now.Uid != appeared.Uid)) return null;
        if (now is BindingObject binding) return context.Index.RoleOf(binding) is { } role && AbilityChecks.Worst(role) == Severity.Critical ? Severity.Critical : Severity.High;
        return now is TokenSecretObject token && context.BecomesAdmin(Subject.OfAccount(token.Namespace, token.ServiceAccount)) ? Severity.Critical : Severity.Medium;
    }

    // Who is critical already needs no path, and what Kubernetes itself gives to its parts is no finding.
    private IEnumerable<Finding> SeveralSteps()
    {
        var critical = abilities.Where(finding => finding.Severity == Severity.Critical).Select(finding => finding.Subject).ToHashSet();
        foreach (var path in context.Paths.Reaching(Paths.PathTarget.ClusterAdmin, new Paths.PathLimits { OnlyCertain = true, Most = 10_000 }))
        {
            if (path.Steps.Length < 2 || path.From.Subject is not { } subject || critical.Contains(subject)) continue;
            var first = path.Steps[0].By;
            if (first.Length > 0 && first.All(by => IsDefault(by, subject))) continue;
            // What somebody has by a group that everybody is in is said of the group, not of each of them.
            if (first.Length > 0 && first.All(by => by.Binding.Subjects.All(one => one.Means(by.Binding.Namespace) != subject))) continue;
            yield return new Finding
            {
                Check = Checks.Path,
                Severity = path.Steps.Length == 2 ? Severity.Critical : Severity.High,
                Subject = subject,
                Role = first.IsEmpty ? "" : first[0].Role.Reference,
                Binding = first.IsEmpty ? "" : first[0].Binding.Reference,
                Namespace = first.IsEmpty ? "" : first[0].Binding.Namespace,
                Evidence = $"{path}. {string.Join(' ', path.Steps.Select((step, number) => $"{number + 1}. {step.Sentence}"))}",
                Rules = [.. path.Steps.SelectMany(step => step.By)],
                Fix = first.IsEmpty ? Checks.Path.Fix : $"{FixWords.Remove(first[0].Binding, subject)}, or narrow {first[0].Role.Reference}. {Checks.Path.Fix}",
            };
        }
    }

    private bool IsDefault(Allowance by, Subject subject) =>
        Requester.Of(subject).Groups.Select(Subject.OfGroup).Append(subject).Any(one => KubernetesDefaults.Gives(by.Binding, one)) && !context.Beyond(by.Role).Contains(by.RuleIndex);
}

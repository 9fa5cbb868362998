using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>The checks that look at ServiceAccounts and what runs as them.</summary>
internal sealed class WorkloadChecks(AuditContext context, IReadOnlyList<Finding> abilities)
{
    private readonly ILookup<Subject?, Finding> _abilities = abilities.ToLookup(finding => finding.Subject);

    // What the clouds' own ways of giving a ServiceAccount an identity are called.
    private static readonly ImmutableArray<(string Annotation, string Cloud)> Clouds =
    [
        ("eks.amazonaws.com/role-arn", "AWS"), ("iam.gke.io/gcp-service-account", "Google Cloud"), ("azure.workload.identity/client-id", "Azure"),
    ];

    // A Pod that something else made says the same as that.
    private readonly ILookup<Subject, WorkloadObject> _running = context.Read.Workloads.Where(one => one.Owner.Length == 0)
        .OrderBy(one => one.Reference, StringComparer.Ordinal)
        .ToLookup(one => Subject.OfAccount(one.Namespace, one.ServiceAccount));

    internal IEnumerable<Finding> Findings() => [.. DefaultAccounts(), .. StrongWorkloads(), .. CloudIdentities()];

    private IEnumerable<Finding> DefaultAccounts()
    {
        foreach (var binding in context.Index.Bindings)
        {
            if (context.Index.RoleOf(binding) is not { Rules.IsEmpty: false } role) continue;
            foreach (var subject in binding.Subjects.Select(one => one.Means(binding.Namespace)).OfType<Subject>().Distinct().Where(IsDefault))
            {
                var worst = _abilities[subject].Where(finding => finding.Binding == binding.Reference).Select(finding => finding.Severity).DefaultIfEmpty(Severity.Info).Max();
                yield return new Finding
                {
                    Check = Checks.DefaultAccount,
                    Severity = worst >= Severity.High ? Severity.High : Severity.Medium,
                    Subject = subject,
                    Role = role.Reference,
                    Binding = binding.Reference,
                    Namespace = binding.Namespace,
                    Evidence = $"{binding.Reference} gives {role.Reference} to {subject}, as which every Pod of {subject.Namespace} runs that names no other{Few(_running[subject], "; now ")}.",
                    Fix = $"Bind {role.Reference} to a ServiceAccount of the workload that needs it, and {Lower(FixWords.Remove(binding, subject))}.",
                };
            }
        }

        var accounts = context.Read.ServiceAccounts.ToLookup(account => account.Subject, account => account.AutomountsToken);
        foreach (var running in _running.Where(one => IsDefault(one.Key)).OrderBy(one => one.Key, SubjectOrder.Instance))
        {
            List<WorkloadObject> mounting = [.. running.Where(one => one.AutomountsToken ?? accounts[running.Key].FirstOrDefault() ?? true)];
            if (mounting.Count == 0) continue;
            yield return new Finding
            {
                Check = Checks.DefaultAccount,
                Severity = Severity.Info,
                Subject = running.Key,
                Namespace = running.Key.Namespace,
                Evidence = $"The token of {running.Key} is mounted into what names no ServiceAccount: {Few(mounting, "")}.",
                Fix = $"Set automountServiceAccountToken: false on ServiceAccount {running.Key.Namespace}/default, and give each workload that calls the API a ServiceAccount of its own.",
            };
        }
    }

    private IEnumerable<Finding> StrongWorkloads()
    {
        foreach (var running in _running.OrderBy(one => one.Key, SubjectOrder.Instance))
        {
            var own = _abilities[running.Key].Where(finding => finding.Severity >= Severity.High).OrderByDescending(finding => finding.Severity).ToList();
            if (own.Count == 0) continue;
            yield return new Finding
            {
                Check = Checks.StrongWorkload,
                Severity = own[0].Severity,
                Subject = running.Key,
                Namespace = running.Key.Namespace,
                Evidence = $"{Few(running, "")} run{(running.Count() == 1 ? "s" : "")} as {running.Key}, which has: {RoleInWords.Join([.. own.Select(finding => $"{finding.Check.Title.ToLowerInvariant()} ({finding.Check.Id}, {finding.Binding})").Distinct().Take(4)])}.",
                Rules = [.. own.SelectMany(finding => finding.Rules).Take(10)],
                Fix = Checks.StrongWorkload.Fix,
            };
        }
    }

    private IEnumerable<Finding> CloudIdentities()
    {
        foreach (var account in context.Read.ServiceAccounts)
        {
            foreach (var (annotation, cloud) in Clouds)
            {
                if (!account.Annotations.TryGetValue(annotation, out var identity) || identity.Length == 0) continue;
                yield return new Finding
                {
                    Check = Checks.CloudIdentity,
                    Severity = account.Name == "default" ? Severity.Medium : Severity.Low,
                    Subject = account.Subject,
                    Namespace = account.Namespace,
                    Evidence = $"{account.Subject} is {identity} in {cloud} by its annotation {annotation}{Few(_running[account.Subject], "; as it runs ")}.",
                    Fix = Checks.CloudIdentity.Fix,
                };
                break;
            }
        }
    }

    private static bool IsDefault(Subject subject) => subject is { Kind: SubjectKind.ServiceAccount, Name: "default" };

    private static string Few(IEnumerable<WorkloadObject> workloads, string before)
    {
        var all = workloads.ToList();
        if (all.Count == 0) return "";
        return before + RoleInWords.Join([.. all.Take(3).Select(one => one.Reference), .. all.Count > 3 ? new[] { $"{all.Count - 3} more" } : []]);
    }

    private static string Lower(string text) => char.ToLowerInvariant(text[0]) + text[1..];
}

using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>All checks over one state.</summary>
public static class RbacAudit
{
    private static readonly Check ClusterAdmin = new("LR001", "Administrator of the cluster", "It can do everything.", "Give a role with what is needed.");

    /// <summary>Makes every check that the state allows.</summary>
    public static AuditResult Scan(RbacIndex index, AuditSettings settings)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(settings);
        if (!index.State.IsKnown("clusterrolebindings") || !index.State.IsKnown("clusterroles")) return new([], [new(ClusterAdmin.Id, "ClusterRoleBindings could not be read.")]);
        var found = ImmutableArray.CreateBuilder<Finding>();
        foreach (var binding in index.Bindings.Where(binding => binding.IsClusterWide))
        {
            if (index.RoleOf(binding) is not { } role || !role.Rules.Any(rule => rule.Verbs.Contains("*") && rule.Resources.Contains("*") && rule.ApiGroups.Contains("*"))) continue;
            foreach (var subject in binding.Subjects.Select(subject => subject.Means("")).OfType<Subject>().Where(subject => subject.Name != Requester.Masters))
            {
                found.Add(new Finding
                {
                    Check = ClusterAdmin,
                    Severity = Severity.Critical,
                    Subject = subject,
                    Role = role.Reference,
                    Binding = binding.Reference,
                    Evidence = $"{binding.Reference} gives {role.Reference} to {subject}.",
                    Rules = [new Allowance(binding, role, 0)],
                    Fix = ClusterAdmin.Fix,
                });
            }
        }

        return new([.. found.OrderBy(finding => finding.Fingerprint, StringComparer.Ordinal)], []);
    }
}

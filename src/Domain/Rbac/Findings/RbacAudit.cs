using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>Holds a state against every check of <see cref="Checks.All"/>.</summary>
public static class RbacAudit
{
    private static readonly NotEvaluated LowerBound = new("",
        "Only RBAC is seen: who belongs to system:masters, and what other authorizers (Node, ABAC, a webhook, the cloud's own) allow besides, cannot be read from the API.");

    /// <summary>Makes every check.</summary>
    /// <param name="index">The state.</param>
    /// <param name="settings">What the organisation says about its clusters.</param>
    /// <param name="records">What is known beyond the state; what needs it is not evaluated without.</param>
    public static AuditResult Scan(RbacIndex index, AuditSettings settings, AuditRecords? records = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(settings);
        var context = new AuditContext(index, settings, records ?? new AuditRecords());
        var abilities = new AbilityScan(context);
        List<Finding> ofRules = [.. abilities.Findings()];
        var recorded = new RecordChecks(context, ofRules);
        var own = new OwnAccounts(context);
        IEnumerable<Finding> all =
        [
            .. ofRules, .. new BindingChecks(context, abilities).Findings(), .. new WorkloadChecks(context, ofRules).Findings(), .. recorded.Findings(),
        ];
        return new AuditResult(
            [.. all.GroupBy(finding => finding.Fingerprint, StringComparer.Ordinal)
                .Select(alike => own.Judge(alike.MaxBy(finding => finding.Severity)!))
                .OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Check.Id, StringComparer.Ordinal).ThenBy(finding => finding.Fingerprint, StringComparer.Ordinal)],
            [LowerBound, .. Missing(context), .. recorded.NotEvaluated()]);
    }

    // What was not read is not passed. A gap that is none of the parts, such as a broken document, concerns every check.
    private static IEnumerable<NotEvaluated> Missing(AuditContext context)
    {
        var gaps = context.Read.Gaps;
        foreach (var gap in gaps.Where(gap => !State.RbacState.Parts.Contains(gap.What)).Distinct()) yield return new("", $"{gap.What}: {gap.Why}");
        foreach (var check in Checks.All)
        {
            var missing = gaps.Where(gap => check.Needs.Contains(gap.What)).Select(gap => $"{gap.What}: {gap.Why}").Distinct().ToList();
            if (missing.Count > 0) yield return new(check.Id, string.Join(' ', missing));
        }

        if (context.Read.ServiceAccounts.IsEmpty && !State.Wholeness.IsWhole(context.Read, "serviceaccounts") && context.Read.IsKnown("serviceaccounts"))
            yield return new(Checks.DanglingAccount.Id, "No ServiceAccount is among what was read, so that nobody knows which exist.");
        if (context.Read.Workloads.IsEmpty && !State.Wholeness.IsWhole(context.Read, "workloads") && context.Read.IsKnown("workloads"))
        {
            yield return new(Checks.DefaultAccount.Id, "No workload is among what was read.");
            yield return new(Checks.StrongWorkload.Id, "No workload is among what was read.");
        }
    }
}

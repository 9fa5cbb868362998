namespace Lapse.Domain.Rbac.Findings;

/// <summary>Holds a state against every check of <see cref="Checks.All"/>.</summary>
public static class RbacAudit
{
    /// <summary>Makes every check.</summary>
    /// <param name="index">The state.</param>
    /// <param name="settings">What the organisation says about its clusters.</param>
    /// <param name="records">What is known beyond the state; what needs it is not evaluated without.</param>
    public static AuditResult Scan(RbacIndex index, AuditSettings settings, AuditRecords? records = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(settings);
        return new AuditResult([], []);
    }
}

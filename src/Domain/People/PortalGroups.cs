namespace Lapse.Domain.People;

/// <summary>Which groups of the provider administer Lapse and which may read everything.</summary>
/// <param name="Admins">The group of admins.</param>
/// <param name="Auditors">The group of auditors.</param>
public sealed record PortalGroups(string Admins = "lapse-admins", string Auditors = "lapse-auditors")
{
    /// <summary>Whether these groups make an admin.</summary>
    public bool IsAdmin(IEnumerable<string>? groups) => groups is not null && groups.Contains(Admins, StringComparer.Ordinal);

    /// <summary>Whether these groups make an auditor.</summary>
    public bool IsAuditor(IEnumerable<string>? groups) => groups is not null && groups.Contains(Auditors, StringComparer.Ordinal);
}

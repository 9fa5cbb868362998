namespace Lapse.Domain.Workflows;

/// <summary>One round of approval: so many distinct people out of these groups.</summary>
/// <param name="Name">What people call it, such as “Peers”.</param>
/// <param name="ApproverGroups">Members of any of these groups decide, except the requester.</param>
/// <param name="Approvals">How many distinct people must approve; at least 1.</param>
public sealed record ApprovalStage(string Name, IReadOnlyList<string> ApproverGroups, int Approvals)
{
    /// <summary>Whether these groups make an approver of this stage; unknown groups do not.</summary>
    public bool MayBeDecidedBy(IEnumerable<string>? groups) =>
        groups is not null && groups.Any(g => ApproverGroups.Contains(g, StringComparer.Ordinal));
}

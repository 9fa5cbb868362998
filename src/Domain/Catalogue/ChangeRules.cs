using Lapse.Domain.Workflows;

namespace Lapse.Domain.Catalogue;

/// <summary>Which changes of the configuration one admin must not make alone, where there are two.</summary>
public static class ChangeRules
{
    /// <summary>A change of an entry: everything that gives more, longer, elsewhere, or for less proof.</summary>
    /// <param name="before">The version in force; <see langword="null"/> for a new entry, which gives something that was not given before.</param>
    /// <param name="after">The version wanted.</param>
    public static bool Loosens(ElevatedRoleVersion? before, ElevatedRoleVersion after) =>
        before is null
        || before.ClusterId != after.ClusterId
        || before.Role != after.Role
        || before.WorkflowId != after.WorkflowId
        || (after.IsClusterWide && !before.IsClusterWide)
        || after.Namespaces.Except(before.Namespaces, StringComparer.Ordinal).Any()
        || after.Maximum > before.Maximum
        || after.Environment > before.Environment
        || (before.ConfirmAfterStepUp && !after.ConfirmAfterStepUp);

    /// <summary>A change of a workflow: more people may ask, or fewer or other people have to agree.</summary>
    /// <param name="before">The version in force; <see langword="null"/> for a new workflow, which governs nothing until an entry names it.</param>
    /// <param name="after">The version wanted.</param>
    public static bool Loosens(WorkflowVersion? before, WorkflowVersion after)
    {
        if (before is null) return false;
        if (after.RequesterGroups.Except(before.RequesterGroups, StringComparer.Ordinal).Any()) return true;
        if (after.Stages.Count < before.Stages.Count || after.ProvisionWithin > before.ProvisionWithin) return true;
        // A stage may be added, and each that was there may become stricter; anything else is a lowering.
        return before.Stages.Zip(after.Stages).Any(pair =>
            pair.Second.Approvals < pair.First.Approvals || pair.Second.ApproverGroups.Except(pair.First.ApproverGroups, StringComparer.Ordinal).Any());
    }
}

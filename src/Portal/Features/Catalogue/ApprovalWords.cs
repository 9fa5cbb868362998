using Lapse.Domain;
using Lapse.Domain.Workflows;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>Says who approves, the same everywhere.</summary>
public static class ApprovalWords
{
    /// <summary>Such as “1 approval by developers, then 2 approvals by sre”.</summary>
    public static string Of(IReadOnlyList<ApprovalStage> stages) => stages.Count == 0
        ? "nobody; your second factor is enough"
        : string.Join(", then ", stages.Select(Of));

    /// <summary>Such as “2 approvals by sre”.</summary>
    public static string Of(ApprovalStage stage) => $"{Words.Count(stage.Approvals, "approval")} by {string.Join(" or ", stage.ApproverGroups)}";
}

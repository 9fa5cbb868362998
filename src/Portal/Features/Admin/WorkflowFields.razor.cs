using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Workflows;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Admin;

/// <summary>What an admin types about a workflow, and where a refusal is shown.</summary>
public sealed partial class WorkflowFields
{
    private sealed class TypedStage
    {
        public string Name { get; set; } = "";

        public string Groups { get; set; } = "";

        public string Approvals { get; set; } = "1";

        // What is no number becomes 0, which the rules refuse with words.
        public ApprovalStage Read() => new(Name.Trim(), TypedList.SplitGroups(Groups), int.TryParse(Approvals, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }

    private readonly List<TypedStage> _stages = [];
    private WorkflowFormView? _shown;
    private string _title = "", _requesters = "", _timeToLive = "", _provisionWithin = "";
    private Refusal? _refusal;

    /// <summary>What the form starts with.</summary>
    [Parameter, EditorRequired]
    public required WorkflowFormView Workflow { get; set; }

    /// <summary>Writes the change down; says why not.</summary>
    [Parameter, EditorRequired]
    public required Func<WorkflowForm, Task<Refusal?>> OnSave { get; set; }

    private IReadOnlyList<ApprovalStage> Stages => [.. _stages.Select(s => s.Read())];

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page may read again while somebody types; only another workflow starts the form anew.
        if (_shown is not null && _shown.Current?.WorkflowId == Workflow.Current?.WorkflowId) return;
        _shown = Workflow;
        var current = Workflow.Current;
        (_title, _requesters) = (current?.Title ?? "", string.Join(", ", current?.RequesterGroups ?? []));
        (_timeToLive, _provisionWithin) = (Words.Duration(current?.TimeToLive ?? TimeSpan.FromHours(8)), Words.Duration(current?.ProvisionWithin ?? TimeSpan.FromMinutes(15)));
        _stages.Clear();
        // A new workflow starts with one approval: to ask nobody must be chosen.
        if (current is null) _stages.Add(new() { Name = "Peers" });
        foreach (var stage in current?.Stages ?? [])
            _stages.Add(new() { Name = stage.Name, Groups = string.Join(", ", stage.ApproverGroups), Approvals = stage.Approvals.ToString(CultureInfo.InvariantCulture) });
    }

    private static string? FieldOf(Refusal refusal) => refusal.Code switch
    {
        "TitleLength" or "TitleCharacters" => "Title",
        "NoRequesters" or "GroupName" => "Requesters",
        "TooManyStages" or "StageName" or "NoApprovers" or "ApprovalsRange" => "Stages",
        "TimeToLiveRange" => "TimeToLive",
        "ProvisionWithinRange" => "ProvisionWithin",
        _ => null,
    };

    private string? ErrorOf(string field) => _refusal is { } refusal && FieldOf(refusal) == field ? refusal.Message : null;

    private void AddStage() => _stages.Add(new());

    private async Task SaveAsync()
    {
        _refusal = !DurationInput.TryParse(_timeToLive, out var timeToLive) ? new("TimeToLiveRange", "Write it like 45m, 8 hours or 2 days.")
            : !DurationInput.TryParse(_provisionWithin, out var within) ? new("ProvisionWithinRange", "Write it like 15m or 1 hour.")
            : await OnSave(new(_shown!.Current?.WorkflowId, _shown.Current?.Version ?? 0, _title, TypedList.SplitGroups(_requesters), Stages, timeToLive, within));
    }
}

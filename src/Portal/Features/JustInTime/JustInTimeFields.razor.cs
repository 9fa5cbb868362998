using Lapse.Domain;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>What an admin decides about a proposal, and where a refusal is shown.</summary>
public sealed partial class JustInTimeFields
{
    private string? _shown;
    private string _title = "", _description = "", _maximum = "", _default = "", _accepted = "";
    private bool _confirm;
    private Refusal? _refusal;

    /// <summary>The proposal.</summary>
    [Parameter, EditorRequired]
    public required JustInTimeNewView View { get; set; }

    /// <summary>The workflow that was chosen, as in the address.</summary>
    [Parameter]
    public string Workflow { get; set; } = "";

    /// <summary>Another workflow is chosen: the page shows what it means.</summary>
    [Parameter, EditorRequired]
    public required EventCallback<string> OnWorkflow { get; set; }

    /// <summary>Writes the change down; says why not. Cluster and bindings are the page's.</summary>
    [Parameter, EditorRequired]
    public required Func<JustInTimeForm, Task<Refusal?>> OnSave { get; set; }

    private IReadOnlyList<FilterOption> Workflows => [.. View.Workflows.Select(w => new FilterOption(w.Id.ToString(), w.Title))];

    private string Governed => View.Workflow is { } chosen ? $"Members of {chosen.Requesters} may ask. Who approves: {chosen.Approvers}." : "There is no workflow. Add one in the catalogue first.";

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // What was typed stays while the page reads again; only other bindings start the form anew.
        var shown = string.Join('\n', View.Bindings.Select(one => one.Reference));
        if (_shown == shown) return;
        _shown = shown;
        var proposal = View.Proposal;
        (_title, _description, _confirm) = (proposal.Title, proposal.Description, proposal.ConfirmAfterStepUp);
        (_maximum, _default) = (Words.Duration(proposal.Maximum), Words.Duration(proposal.Default));
    }

    private static string? FieldOf(Refusal refusal) => refusal.Code switch
    {
        "TitleLength" or "TitleCharacters" => "Title",
        "DescriptionLength" or "DescriptionCharacters" => "Description",
        "MaximumRange" => "Maximum",
        "DefaultRange" => "Default",
        "WorkflowUnknown" => "Workflow",
        "LockedOut" => "Accepted",
        _ => null,
    };

    private string? ErrorOf(string field) => _refusal is { } refusal && FieldOf(refusal) == field ? refusal.Message : null;

    private async Task SaveAsync()
    {
        var form = Read();
        _refusal = form.Succeeded ? await OnSave(form.Value) : form.Refusal;
    }

    private Outcome<JustInTimeForm> Read()
    {
        if (View.Workflow is not { } workflow) return new Refusal("WorkflowUnknown", "Choose a workflow.");
        if (!DurationInput.TryParse(_maximum, out var maximum)) return new Refusal("MaximumRange", "Write it like 45m, 1h30m or 4 hours; at most 24 hours.");
        if (!DurationInput.TryParse(_default, out var usual)) return new Refusal("DefaultRange", "Write it like 45m, 1h30m or 4 hours.");
        return new JustInTimeForm("", [], View.Proposal.Existing?.ElevatedRoleId, _title, _description, maximum, usual, workflow.Id, _confirm, _accepted);
    }
}

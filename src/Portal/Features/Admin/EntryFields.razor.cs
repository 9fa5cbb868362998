using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Admin;

/// <summary>What an admin types about an entry, and where a refusal is shown.</summary>
public sealed partial class EntryFields
{
    private static readonly FilterOption[] Environments = [.. Enum.GetNames<ClusterEnvironment>().Select(name => new FilterOption(name, name))];
    private static readonly FilterOption[] Kinds = [.. Enum.GetNames<RoleKind>().Select(name => new FilterOption(name, name))];

    private EntryFormView? _shown;
    private string _title = "", _description = "", _cluster = "", _environment = "", _kind = "", _role = "", _namespaces = "", _maximum = "", _default = "", _workflow = "";
    private bool _clusterWide, _confirm;
    private Refusal? _refusal;
    private Outcome<RolePreview>? _preview;

    /// <summary>What the form starts with.</summary>
    [Parameter, EditorRequired]
    public required EntryFormView Entry { get; set; }

    /// <summary>Writes the change down; says why not.</summary>
    [Parameter, EditorRequired]
    public required Func<EntryForm, Task<Refusal?>> OnSave { get; set; }

    /// <summary>Reads what a role allows; <see langword="null"/> after a failure that the page shows.</summary>
    [Parameter, EditorRequired]
    public required Func<RolePreviewAsk, Task<Outcome<RolePreview>?>> OnPreview { get; set; }

    private IReadOnlyList<FilterOption> Clusters => [.. Entry.Clusters.Select(c => new FilterOption(c.Value, c.Label))];

    private IReadOnlyList<FilterOption> Workflows => [.. Entry.Workflows.Select(w => new FilterOption(w.Id.ToString(), w.Title))];

    private string Governed => Entry.Workflows.FirstOrDefault(w => w.Id.ToString() == _workflow) is { } chosen
        ? $"Members of {chosen.Requesters} may ask. Who approves: {chosen.Approvers}."
        : "Says who may ask and who approves.";

    private RoleReference Role => new(Enum.Parse<RoleKind>(_kind), _role.Trim());

    private IReadOnlyList<string> Namespaces => _clusterWide ? [] : TypedList.Split(_namespaces);

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page may read again while somebody types; only another entry starts the form anew.
        if (_shown is not null && _shown.Current?.ElevatedRoleId == Entry.Current?.ElevatedRoleId) return;
        _shown = Entry;
        var current = Entry.Current;
        (_title, _description, _role) = (current?.Title ?? "", current?.Description ?? "", current?.RoleName ?? "");
        (_environment, _kind) = ((current?.Environment ?? ClusterEnvironment.Production).ToString(), (current?.RoleKind ?? RoleKind.ClusterRole).ToString());
        (_cluster, _workflow) = (current?.ClusterId.ToString() ?? Only(Entry.Clusters.Select(c => c.Value)), current?.WorkflowId.ToString() ?? Only(Entry.Workflows.Select(w => w.Id.ToString())));
        (_namespaces, _clusterWide) = (string.Join(", ", current?.Namespaces ?? []), current is { IsClusterWide: true });
        (_maximum, _default) = (Words.Duration(current?.Maximum ?? TimeSpan.FromHours(1)), Words.Duration(current?.Default ?? TimeSpan.FromMinutes(30)));
        _confirm = current?.ConfirmAfterStepUp ?? false;
    }

    private static string Only(IEnumerable<string> values) => values.Take(2).ToArray() is [var one] ? one : "";

    private static string? FieldOf(Refusal refusal) => refusal.Code switch
    {
        "TitleLength" or "TitleCharacters" => "Title",
        "DescriptionLength" or "DescriptionCharacters" => "Description",
        "RoleName" or "RoleUnknown" or "RoleEmpty" or "RoleUnreadable" => "Role",
        "RoleNeedsNamespace" or "RoleOneNamespace" or "TooManyNamespaces" or "NamespaceTwice" or "NamespaceName" or "NamespaceMissing" => "Namespaces",
        "MaximumRange" => "Maximum",
        "DefaultRange" => "Default",
        "ClusterUnknown" => "Cluster",
        "WorkflowUnknown" => "Workflow",
        _ => null,
    };

    // A Role that shall be given in the whole cluster has no field of namespaces; its refusal belongs to the role then.
    private string? ErrorOf(string field) => _refusal is not { } refusal ? null
        : (FieldOf(refusal) is "Namespaces" && _clusterWide ? "Role" : FieldOf(refusal)) == field ? refusal.Message : null;

    private Task OnClusterAsync(string value)
    {
        (_cluster, _preview) = (value, null);
        return Task.CompletedTask;
    }

    private void OnWhere(bool clusterWide)
    {
        (_clusterWide, _preview) = (clusterWide, null);
        if (clusterWide) _confirm = true;
    }

    private async Task PreviewAsync()
    {
        _refusal = Incomplete();
        if (_refusal is not null || !UuidId.TryParse<ClusterId>(_cluster, out var cluster)) return;
        _preview = await OnPreview(new(cluster, Role, Namespaces));
        if (_preview?.Refusal is { } why && FieldOf(why) is not null) _refusal = why;
    }

    private async Task SaveAsync()
    {
        var form = Read();
        _refusal = form.Succeeded ? await OnSave(form.Value) : form.Refusal;
    }

    private Outcome<EntryForm> Read()
    {
        if (Incomplete() is { } incomplete) return incomplete;
        if (!UuidId.TryParse<ClusterId>(_cluster, out var cluster)) return new Refusal("ClusterUnknown", "Choose a cluster.");
        if (!UuidId.TryParse<WorkflowId>(_workflow, out var workflow)) return new Refusal("WorkflowUnknown", "Choose a workflow.");
        if (!DurationInput.TryParse(_maximum, out var maximum)) return new Refusal("MaximumRange", "Write it like 45m, 1h30m or 4 hours; at most 24 hours.");
        if (!DurationInput.TryParse(_default, out var usual)) return new Refusal("DefaultRange", "Write it like 45m, 1h30m or 4 hours.");
        var (id, version) = (_shown!.Current?.ElevatedRoleId, _shown.Current?.Version ?? 0);
        return new EntryForm(id, version, _title, _description, cluster, Enum.Parse<ClusterEnvironment>(_environment), Role, Namespaces, maximum, usual, workflow, _confirm);
    }

    private Refusal? Incomplete() => !UuidId.TryParse<ClusterId>(_cluster, out _) ? new("ClusterUnknown", "Choose a cluster.")
        // Left empty by mistake it would mean the whole cluster.
        : !_clusterWide && Namespaces.Count == 0 ? new("NamespaceMissing", "Name at least one namespace, or choose the whole cluster.")
        : null;
}

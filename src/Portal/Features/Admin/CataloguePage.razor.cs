using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Admin;

/// <summary>Entries and workflows, and the changes of them that wait.</summary>
public sealed partial class CataloguePage
{
    private static readonly FilterOption[] Sections = [new("", "Entries"), new("workflows", "Workflows"), new("withdrawn", "Withdrawn entries")];

    private readonly List<EntryRow> _entries = [];
    private readonly List<WorkflowRow> _workflows = [];
    private NameCursor? _next;

    /// <summary>The section in the address.</summary>
    [SupplyParameterFromQuery(Name = "show")]
    public string? Show { get; set; }

    /// <inheritdoc/>
    protected override AdminCatalogueAsk Asked => new(Show switch
    {
        "workflows" => CatalogueSection.Workflows,
        "withdrawn" => CatalogueSection.Withdrawn,
        _ => CatalogueSection.Entries,
    });

    private (string Title, string Text, string? Link, string Action) Nothing => (Asked.Section, View!.CanAddEntries) switch
    {
        (CatalogueSection.Workflows, _) => ("There is no workflow", "A workflow says who may ask and who approves. Add one first; entries name it.", "/admin/catalogue/workflows/new", "Add a workflow"),
        (CatalogueSection.Withdrawn, _) => ("No entry was withdrawn", "An entry that is withdrawn can be found here and offered again.", null, ""),
        (_, false) => ("There is nothing to ask for", "An entry needs a cluster and a workflow. Register a cluster and add a workflow first.", "/admin/clusters", "Go to clusters"),
        _ => ("There is nothing to ask for", "An entry offers one role in one place, for a while, under a workflow.", "/admin/catalogue/entries/new", "Add an entry"),
    };

    /// <inheritdoc/>
    protected override Task<Outcome<AdminCatalogueView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? AdminCatalogueAsk.Page : Math.Max(_entries.Count + _workflows.Count, AdminCatalogueAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(AdminCatalogueView view)
    {
        _entries.Clear();
        _workflows.Clear();
        Append(view);
    }

    private void Append(AdminCatalogueView view)
    {
        _entries.AddRange(view.Entries);
        _workflows.AddRange(view.Workflows);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }
}

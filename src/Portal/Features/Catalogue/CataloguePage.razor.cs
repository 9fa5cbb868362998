using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Authentication;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Catalogue;

/// <summary>What this person may ask for. What is searched is in the address.</summary>
public sealed partial class CataloguePage
{
    private readonly List<CatalogueItem> _entries = [];
    private CatalogueCursor? _next;

    /// <summary>The search in the address.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <inheritdoc/>
    protected override CatalogueAsk Asked => new((Search ?? "").Trim());

    private bool Searching => Asked.Search.Length > 0;

    // Each cluster that is not well is said once, above its entries.
    private IEnumerable<ClusterGlance> Clusters => _entries
        .Select(entry => entry.Cluster)
        .Where(cluster => cluster.State is not (ClusterState.Healthy or ClusterState.Unknown))
        .DistinctBy(cluster => cluster.Id);

    /// <inheritdoc/>
    protected override bool Concerns(string change) =>
        change is "catalogue" or "configuration" || change.StartsWith("cluster:", StringComparison.Ordinal) || change.StartsWith("request:", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Task<Outcome<CatalogueView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? CatalogueAsk.Page : Math.Max(_entries.Count, CatalogueAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(CatalogueView view)
    {
        _entries.Clear();
        Append(view);
    }

    private void Append(CatalogueView view)
    {
        _entries.AddRange(view.Entries);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }
}

using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Requests;

/// <summary>The list of requests. Its filters are in the address.</summary>
public sealed partial class RequestListPage
{
    private static readonly FilterOption[] Whose = [new("", "Mine"), new("everybody", "Everybody's")];
    private static readonly FilterOption[] States = [new("", "All"), new("open", "Open"), new("approved", "Approved"), new("closed", "Denied, withdrawn or timed out")];

    private readonly List<RequestRow> _rows = [];
    private RequestCursor? _next;

    /// <summary>The state in the address.</summary>
    [SupplyParameterFromQuery(Name = "state")]
    public string? State { get; set; }

    /// <summary>Whose requests, in the address.</summary>
    [SupplyParameterFromQuery(Name = "whose")]
    public string? Of { get; set; }

    /// <inheritdoc/>
    protected override RequestListAsk Asked => new(
        State switch { "open" => RequestFilter.Open, "approved" => RequestFilter.Approved, "closed" => RequestFilter.Closed, _ => RequestFilter.All },
        Of == "everybody");

    private bool Everybody => Asked.Everybody && View?.MaySeeEverybody != false;

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change.StartsWith("request:", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Task<Outcome<RequestListView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? RequestListAsk.Page : Math.Max(_rows.Count, RequestListAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(RequestListView view)
    {
        _rows.Clear();
        Append(view);
    }

    private void Append(RequestListView view)
    {
        _rows.AddRange(view.Requests);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }
}

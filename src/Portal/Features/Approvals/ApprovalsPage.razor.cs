using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Layout;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Approvals;

/// <summary>The queue of an approver; what is settled stands apart, under its own address.</summary>
public sealed partial class ApprovalsPage
{
    private static readonly FilterOption[] Choices = [new("", "Waiting for me"), new("settled", "Decided by me")];

    private readonly List<WaitingApproval> _waiting = [];
    private readonly List<SettledApproval> _settled = [];
    private ApprovalsCursor? _next;

    /// <summary>What the address says to show: nothing, or <c>settled</c>.</summary>
    [SupplyParameterFromQuery(Name = "show")]
    public string? Show { get; set; }

    /// <summary>The count beside the page's name in the navigation.</summary>
    [Inject]
    public required NavigationCounts Counts { get; init; }

    /// <inheritdoc/>
    protected override ApprovalsAsk Asked => new(Show == "settled");

    /// <inheritdoc/>
    protected override Task<Outcome<ApprovalsView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? ApprovalsAsk.Page : Math.Max(_waiting.Count + _settled.Count, ApprovalsAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(ApprovalsView view)
    {
        _waiting.Clear();
        _settled.Clear();
        Append(view);
    }

    private void Append(ApprovalsView view)
    {
        _waiting.AddRange(view.Waiting);
        _settled.AddRange(view.Settled);
        _next = view.Next;
        Counts.SetApprovals(view.Count);
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }
}

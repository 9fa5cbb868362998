using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.Admin;

/// <summary>The registered clusters, how they are, and what can be done about them.</summary>
public sealed partial class ClustersPage
{
    private readonly List<ClusterCard> _clusters = [];
    private NameCursor? _next;
    private Refusal? _refusal;

    /// <summary>Asks before something is taken away.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    /// <summary>Tries clusters.</summary>
    [Inject]
    public required TestCluster Testing { get; init; }

    /// <inheritdoc/>
    protected override AdminClustersAsk Asked { get; } = new();

    /// <inheritdoc/>
    protected override Task<Outcome<AdminClustersView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = Math.Max(_clusters.Count, AdminClustersAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(AdminClustersView view)
    {
        _clusters.Clear();
        Append(view);
    }

    private void Append(AdminClustersView view)
    {
        _clusters.AddRange(view.Clusters);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    private Task<Outcome<ClusterTest>?> TestAsync(ClusterCard cluster) => RunAsync((actor, _) => Testing.TestAsync(actor, cluster.Id, Gone));

    private async Task RetireAsync(ClusterCard cluster)
    {
        var sure = await Dialogs.ConfirmAsync(
            $"Retire {cluster.Title}?",
            "Lapse forgets it as a place to give access to. What was recorded about it stays in the ledger.",
            $"Retire {cluster.Title}",
            ["You will confirm with your second factor.", "Where there is a second admin, they have to confirm too."]);
        if (sure) _refusal = await LeaveForAsync((actor, cancellation) => Propose.RetireClusterAsync(actor, cluster.Id, cancellation));
    }
}

using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Admin;

/// <summary>The identity provider, whether it may answer step-ups, and its test.</summary>
public sealed partial class ProviderPage
{
    private readonly List<ProviderTestLine> _lines = [];
    private long? _next;
    private Refusal? _refusal;

    /// <summary>Tests the provider.</summary>
    [Inject]
    public required TestProvider Testing { get; init; }

    /// <inheritdoc/>
    protected override AdminProviderAsk Asked { get; } = new();

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change == LedgerSubject.Provider;

    /// <inheritdoc/>
    protected override Task<Outcome<AdminProviderView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = Math.Max(_lines.Count, AdminProviderAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(AdminProviderView view)
    {
        _lines.Clear();
        Append(view);
    }

    private void Append(AdminProviderView view)
    {
        _lines.AddRange(view.History);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { Before = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    private async Task BeginAsync() => _refusal = await LeaveForAsync(Testing.BeginAsync);

    private async Task GoOnAsync(Guid test) => _refusal = await LeaveForAsync((actor, cancellation) => Testing.GoOnAsync(actor, test, cancellation));

    private async Task FinishAsync(Guid test)
    {
        if (await RunAsync((actor, cancellation) => Testing.FinishAsync(actor, test, cancellation)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        await ReloadAsync();
    }
}

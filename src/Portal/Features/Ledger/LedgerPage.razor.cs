using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Ledger;

/// <summary>The ledger: filters in the address, entries that unfold, verification, exports. What may be read is decided in the queries.</summary>
public sealed partial class LedgerPage
{
    private static readonly FilterOption[] Families = [new("", "All"), .. LedgerWords.Families.Select(f => new FilterOption(f.Name, f.Label))];
    private static readonly Refusal TimeNotRead = new("TimeFormat", "A time in the address could not be read, so it filters nothing. Set it again below.");

    private readonly List<LedgerRow> _rows = [];
    private long? _next;
    private bool _understood = true;
    private VerificationView? _found;
    private Refusal? _refusal;

    /// <summary>The act or family of acts in the address.</summary>
    [SupplyParameterFromQuery(Name = "act")]
    public string? Act { get; set; }

    /// <summary>Who, in the address.</summary>
    [SupplyParameterFromQuery(Name = "actor")]
    public string? ActorText { get; set; }

    /// <summary>To what, in the address.</summary>
    [SupplyParameterFromQuery(Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The earliest moment in the address.</summary>
    [SupplyParameterFromQuery(Name = "from")]
    public string? From { get; set; }

    /// <summary>The first moment that is too late in the address.</summary>
    [SupplyParameterFromQuery(Name = "to")]
    public string? To { get; set; }

    /// <summary>Verifies.</summary>
    [Inject]
    public required IPageQuery<VerificationAsk, VerificationView> Verification { get; init; }

    /// <inheritdoc/>
    protected override LedgerAsk Asked => new(Filter);

    private LedgerFilter Filter { get; set; } = new();

    // An act that no chip names stands as a chip of its own while it is chosen.
    private FilterOption[] Acts => Filter.Act.Length == 0 || Families.Any(f => f.Value == Filter.Act) ? Families : [.. Families, new(Filter.Act, Filter.Act)];

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change == "ledger";

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync()
    {
        _understood = LedgerAddress.TryRead(name => name switch { "act" => Act, "actor" => ActorText, "subject" => Subject, "from" => From, "to" => To, _ => null }, out var filter);
        Filter = filter;
        return base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override Task<Outcome<LedgerView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? LedgerAsk.Page : Math.Max(_rows.Count, LedgerAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(LedgerView view)
    {
        _rows.Clear();
        Append(view);
    }

    private void Append(LedgerView view)
    {
        _rows.AddRange(view.Rows);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { Before = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    private async Task VerifyAsync(string expected)
    {
        (_found, _refusal) = (null, null);
        if (await RunAsync((actor, _) => Verification.AskAsync(actor, new(expected), Gone)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        _found = outcome.Succeeded ? outcome.Value : null;
    }

    private void GoTo(LedgerFilter filter) => Navigation.NavigateTo(LedgerAddress.Of("/ledger", filter));
}

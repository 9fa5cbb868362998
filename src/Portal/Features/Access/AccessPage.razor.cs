using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.Access;

/// <summary>Who has which access, until when, and the buttons that end it. Both filters are in the address.</summary>
public sealed partial class AccessPage
{
    private static readonly FilterOption[] States = [new("", "Current"), new("active", "Active"), new("scheduled", "Scheduled"), new("overdue", "Overdue"), new("ended", "Ended")];
    private static readonly FilterOption[] OwnScopes = [new("", "Mine"), new("approved", "Approved by me")];
    private static readonly FilterOption[] AllScopes = [.. OwnScopes, new("all", "Everybody's")];

    private readonly List<AccessRow> _rows = [];
    private AccessCursor? _next;
    private Refusal? _refusal;

    /// <summary>Whose access the address says: nothing for one's own, <c>approved</c>, or <c>all</c>.</summary>
    [SupplyParameterFromQuery(Name = "whose")]
    public string? Whose { get; set; }

    /// <summary>Which access the address says: nothing for what is not over, <c>active</c>, <c>scheduled</c>, <c>overdue</c>, or <c>ended</c>.</summary>
    [SupplyParameterFromQuery(Name = "state")]
    public string? State { get; set; }

    /// <summary>Drops and revokes.</summary>
    [Inject]
    public required EndAccess Ending { get; init; }

    /// <summary>Asks before something is taken away.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    [CascadingParameter]
    private ViewerContext Viewer { get; set; } = ViewerContext.Nobody;

    /// <inheritdoc/>
    protected override AccessAsk Asked => new(
        Whose switch { "approved" => AccessScope.Approved, "all" => AccessScope.All, _ => AccessScope.Mine },
        State switch { "active" => AccessState.Active, "scheduled" => AccessState.Scheduled, "overdue" => AccessState.Overdue, "ended" => AccessState.Ended, _ => AccessState.Current });

    private FilterOption[] Scopes => Viewer.IsAdmin || Viewer.IsAuditor || View?.SeesAll == true ? AllScopes : OwnScopes;

    private bool ShowsHolder => Asked.Scope != AccessScope.Mine;

    private string Lead => Asked.Scope switch
    {
        AccessScope.Mine => "What you hold now, what starts later, and what you held.",
        AccessScope.Approved => "What you approved for others. You can revoke it at any time.",
        AccessScope.All => "What everybody holds through Lapse.",
    };

    private string Caption => Asked.State switch
    {
        AccessState.Current => "Current access",
        AccessState.Active => "Active access",
        AccessState.Scheduled => "Scheduled access",
        AccessState.Overdue => "Overdue access",
        AccessState.Ended => "Ended access",
    };

    private (string Title, string Text) Empty => (Asked.Scope, Asked.State) switch
    {
        (_, AccessState.Overdue) => ("Nothing is overdue", "Everything began and ended when it should."),
        (_, AccessState.Scheduled) => ("Nothing starts later", "Access that was approved for a later start is listed here until it begins."),
        (_, AccessState.Ended) => ("Nothing has ended yet", "Access stays here after its end, with how it ended."),
        (AccessScope.Mine, _) => ("You hold no access now", "Find a role in the catalogue and say what you need it for."),
        (AccessScope.Approved, _) => ("Nothing that you approved is in use", "What you approve for others is listed here while it lasts."),
        (AccessScope.All, _) => ("Nobody holds access now", "Access appears here as soon as a request is approved."),
    };

    /// <inheritdoc/>
    protected override Task<Outcome<AccessView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? AccessAsk.Page : Math.Max(_rows.Count, AccessAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(AccessView view)
    {
        _rows.Clear();
        Append(view);
    }

    private void Append(AccessView view)
    {
        _rows.AddRange(view.Rows);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    private async Task DropAsync(AccessRow row)
    {
        var what = row.Grant.What;
        if (await Dialogs.ConfirmAsync($"Drop {what}?", "The access ends now. To have it again you have to ask again.", $"Drop {what}"))
            await EndAsync((actor, cancellation) => Ending.DropAsync(actor, row.Grant.Id, cancellation));
    }

    private async Task RevokeAsync(AccessRow row)
    {
        var what = $"{row.Holder.Name}'s {row.Grant.What}";
        if (await Dialogs.ConfirmAsync($"Revoke {what}?", $"{row.Holder.Name} loses it now. The thread says that you did it.", $"Revoke {what}"))
            await EndAsync((actor, cancellation) => Ending.RevokeAsync(actor, row.Grant.Id, "", cancellation));
    }

    private async Task EndAsync(Func<Actor, CancellationToken, Task<Outcome<Done>>> end)
    {
        if (await RunAsync(end) is not { } outcome) return;
        _refusal = outcome.Refusal;
        // Done or not, what there is to see has changed, or was out of date.
        await ReloadAsync();
    }
}

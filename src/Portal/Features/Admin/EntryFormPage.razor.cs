using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.Admin;

/// <summary>Adds, changes or withdraws one entry, and shows its history.</summary>
public sealed partial class EntryFormPage
{
    private int _versions = VersionHistory.First;
    private Refusal? _refusal;

    /// <summary>The entry's id, or <c>new</c>.</summary>
    [Parameter, EditorRequired]
    public required string Id { get; set; }

    /// <summary>Asks before something is taken away.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    /// <summary>Reads roles from clusters.</summary>
    [Inject]
    public required IPageQuery<RolePreviewAsk, RolePreview> Roles { get; init; }

    /// <inheritdoc/>
    protected override EntryFormAsk Asked => new(Id);

    private string Heading => View?.Current is { } current ? current.Title : Id == "new" ? "Add an entry" : "Catalogue entry";

    /// <inheritdoc/>
    protected override Task<Outcome<EntryFormView>> ReadAsync(Actor actor) => Query.AskAsync(actor, Asked with { Shown = _versions }, Gone);

    private Task OlderAsync()
    {
        _versions += VersionHistory.First;
        return ReloadAsync();
    }

    private Task<Outcome<RolePreview>?> PreviewAsync(RolePreviewAsk ask) => RunAsync((actor, _) => Roles.AskAsync(actor, ask, Gone));

    private Task<Refusal?> SaveAsync(EntryForm form) => LeaveForAsync((actor, cancellation) => Propose.SaveEntryAsync(actor, form, cancellation));

    private async Task RetireAsync()
    {
        var entry = View!.Current!;
        var sure = await Dialogs.ConfirmAsync(
            $"Withdraw {entry.Title}?", "Nobody can ask for it any more. What was granted under it goes on to its end.", $"Withdraw {entry.Title}", ["You will confirm with your second factor."]);
        if (sure) _refusal = await LeaveForAsync((actor, cancellation) => Propose.RetireEntryAsync(actor, entry.ElevatedRoleId, cancellation));
    }
}

using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Approvals;
using Lapse.Portal.Features.StepUp;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.Requests;

/// <summary>The thread of a request: what state it is in, what happens next, who must act.</summary>
public sealed partial class RequestPage
{
    private Refusal? _refusal;

    /// <summary>The request.</summary>
    [Parameter]
    public string Id { get; set; } = "";

    /// <summary>Confirms drafts.</summary>
    [Inject]
    public required AskForAccess Asking { get; init; }

    /// <summary>Takes requests back.</summary>
    [Inject]
    public required WithdrawRequest Withdrawing { get; init; }

    /// <summary>Approves and denies.</summary>
    [Inject]
    public required DecideRequest Deciding { get; init; }

    /// <summary>Drops and revokes.</summary>
    [Inject]
    public required EndAccess Ending { get; init; }

    /// <summary>Asks before something is taken away.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    /// <inheritdoc/>
    protected override RequestThreadAsk Asked => new(Id);

    private GrantView? Foremost => RequestState.Foremost(View!.Grants);

    private DateTimeOffset StateSince => Foremost?.Since ?? View!.Since;

    /// <inheritdoc/>
    protected override bool Concerns(string change) =>
        // A grant's change is told under its request as well.
        (UuidId.TryParse<AccessRequestId>(Id, out var id) && change == LedgerSubject.Of(id)) || change == "catalogue" || (View is { } view && change == LedgerSubject.Of(view.Cluster.Id));

    private Task SubmitAsync() => StepUpAsync((actor, cancellation) => Asking.SubmitAsync(actor, View!.Id, cancellation));

    private Task ApproveAsync(string comment)
    {
        var (id, version) = (View!.Id, View.Version);
        return StepUpAsync((actor, cancellation) => Deciding.ApproveAsync(actor, id, version, comment, cancellation));
    }

    private Task DenyAsync(string comment)
    {
        var (id, version) = (View!.Id, View.Version);
        return EndAsync((actor, cancellation) => Deciding.DenyAsync(actor, id, version, comment, cancellation));
    }

    // What one gives back oneself happens at the first click: the page shows what it is, and it can be asked for again.
    private Task WithdrawAsync()
    {
        var id = View!.Id;
        return EndAsync((actor, cancellation) => Withdrawing.WithdrawAsync(actor, id, cancellation));
    }

    private Task DropAsync(GrantView grant) => EndAsync((actor, cancellation) => Ending.DropAsync(actor, grant.Id, cancellation));

    private async Task RevokeAsync(GrantView grant)
    {
        var what = $"{View!.Requester.Name}'s {grant.What}";
        if (await Dialogs.ConfirmAsync($"Revoke {what}?", $"{View.Requester.Name} loses it now. The thread says that you did it.", $"Revoke {what}"))
            await EndAsync((actor, cancellation) => Ending.RevokeAsync(actor, grant.Id, "", cancellation));
    }

    private async Task StepUpAsync(Func<Authentication.Actor, CancellationToken, Task<Outcome<StepUpChallengeId>>> begin)
    {
        if (await RunAsync(begin) is not { } outcome) return;
        _refusal = outcome.Refusal;
        if (outcome.Succeeded) Navigation.NavigateTo(StepUpEngine.Address(outcome.Value), forceLoad: true);
        // Whatever stood in the way has changed what there is to see.
        else await ReloadAsync();
    }

    private async Task EndAsync(Func<Authentication.Actor, CancellationToken, Task<Outcome<Done>>> end)
    {
        if (await RunAsync(end) is not { } outcome) return;
        _refusal = outcome.Refusal;
        await ReloadAsync();
    }
}

using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.StepUp;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Admin;

/// <summary>A page of the administration: it proposes changes, and each leaves for its step-up.</summary>
/// <typeparam name="TAsk">What the address says.</typeparam>
/// <typeparam name="TView">What the page shows.</typeparam>
public abstract class AdminPage<TAsk, TView> : LivePage<TAsk, TView>
    where TAsk : class
    where TView : class
{
    /// <summary>Writes changes down.</summary>
    [Inject]
    public required ProposeChange Propose { get; init; }

    /// <summary>Gives changes up.</summary>
    [Inject]
    public required WithdrawChange Withdraw { get; init; }

    /// <inheritdoc/>
    protected override bool Concerns(string change) =>
        change is "configuration" or "catalogue" || change.StartsWith("cluster:", StringComparison.Ordinal);

    /// <summary>Begins a change's step-up and goes to its page; says why not.</summary>
    protected async Task<Refusal?> LeaveForAsync(Func<Actor, CancellationToken, Task<Outcome<StepUpChallengeId>>> begin)
    {
        if (await RunAsync(begin) is not { } outcome) return null;
        if (outcome.Succeeded) Navigation.NavigateTo(StepUpEngine.Address(outcome.Value), forceLoad: true);
        return outcome.Refusal;
    }

    /// <summary>Begins the second admin's step-up.</summary>
    protected Task<Refusal?> ConfirmAsync(ConfigurationChangeId id) => LeaveForAsync((actor, cancellation) => Propose.ConfirmAsync(actor, id, cancellation));

    /// <summary>Begins the author's step-up again.</summary>
    protected Task<Refusal?> ContinueAsync(ConfigurationChangeId id) => LeaveForAsync((actor, cancellation) => Propose.ContinueAsync(actor, id, cancellation));

    /// <summary>Gives a change up.</summary>
    protected async Task<Refusal?> WithdrawAsync(ConfigurationChangeId id)
    {
        if (await RunAsync((actor, cancellation) => Withdraw.WithdrawAsync(actor, id, cancellation)) is not { } outcome) return null;
        await ReloadAsync();
        return outcome.Refusal;
    }
}

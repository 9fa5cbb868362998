using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Portal.Features.StepUp;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Requests;

/// <summary>Where somebody says why and for how long.</summary>
public sealed partial class NewRequestPage
{
    /// <summary>The entry, by id or short name.</summary>
    [SupplyParameterFromQuery(Name = "role")]
    public string? Role { get; set; }

    /// <summary>The request whose access is to be extended; nothing for a request of its own.</summary>
    [SupplyParameterFromQuery(Name = "extend")]
    public string? Extend { get; set; }

    /// <summary>Writes the request down and begins its step-up.</summary>
    [Inject]
    public required AskForAccess Asking { get; init; }

    /// <inheritdoc/>
    protected override NewRequestAsk Asked => new(Role ?? "", Extend ?? "");

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change is "catalogue" or "configuration" || change == $"request:{Extend}" || change.StartsWith("cluster:", StringComparison.Ordinal);

    private async Task<Refusal?> SubmitAsync(AccessRequestContent content)
    {
        var (role, extended) = (View!.Id, View.Extension?.Id);
        if (await RunAsync((actor, cancellation) => extended is { } request
            ? Asking.ExtendAsync(actor, request, content, cancellation)
            : Asking.AskAsync(actor, role, content, cancellation)) is not { } outcome) return null;
        if (outcome.Succeeded) Navigation.NavigateTo(StepUpEngine.Address(outcome.Value), forceLoad: true);
        return outcome.Refusal;
    }
}

using Lapse.Domain;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Features.StepUp;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.People;

/// <summary>Who has signed in and what they hold; where an admin shuts somebody out. Search and filter are in the address.</summary>
public sealed partial class PeoplePage
{
    private static readonly FilterOption[] Filters = [new("", "All"), new("holding", "With access"), new("disabled", "Disabled")];

    private readonly List<PersonRow> _people = [];
    private PeopleCursor? _next;
    private Refusal? _refusal;

    /// <summary>The search in the address.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Search { get; set; }

    /// <summary>Which people the address says: nothing for all, <c>holding</c>, or <c>disabled</c>.</summary>
    [SupplyParameterFromQuery(Name = "who")]
    public string? Who { get; set; }

    /// <summary>Shuts out.</summary>
    [Inject]
    public required DisablePerson Disabling { get; init; }

    /// <summary>Lets in again.</summary>
    [Inject]
    public required EnablePerson Enabling { get; init; }

    /// <summary>Asks before something is taken away.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    /// <inheritdoc/>
    protected override PeopleAsk Asked => new(
        (Search ?? "").Trim(),
        Who switch { "holding" => PeopleFilter.Holding, "disabled" => PeopleFilter.Disabled, _ => PeopleFilter.All });

    private (string Title, string Text) Empty => Asked switch
    {
        { Search.Length: > 0 } => ($"Nobody matches “{Asked.Search}”", "Search for part of a name or of what somebody types to sign in."),
        { Filter: PeopleFilter.Disabled } => ("Nobody is disabled", "Whoever is shut out is listed here until another admin lets them in again."),
        { Filter: PeopleFilter.Holding } => ("Nobody holds access now", "People are listed here while they hold access through Lapse."),
        _ => ("Nobody has signed in yet", "People appear here at their first sign-in."),
    };

    /// <inheritdoc/>
    protected override bool Concerns(string change) => base.Concerns(change) || change.StartsWith("person:", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Task<Outcome<PeopleView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? PeopleAsk.Page : Math.Max(_people.Count, PeopleAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(PeopleView view)
    {
        _people.Clear();
        Append(view);
    }

    private void Append(PeopleView view)
    {
        _people.AddRange(view.People);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    private async Task DisableAsync(PersonRow person)
    {
        List<string> consequences = ["Their sign-ins end within a minute.", "Their access ends now, and so do their requests that wait.", "What they approved and has not begun is void.", "Another admin can let them in again; nothing that ended comes back."];
        if (!await Dialogs.ConfirmAsync($"Disable {person.Name}?", $"{person.Name} ({person.UserName}) is shut out of Lapse at once.", $"Disable {person.Name}", consequences)) return;
        if (await RunAsync((actor, cancellation) => Disabling.DisableAsync(actor, person.Id, "", cancellation)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        await ReloadAsync();
    }

    private async Task EnableAsync(PersonRow person)
    {
        if (await RunAsync((actor, cancellation) => Enabling.BeginAsync(actor, person.Id, cancellation)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        if (outcome.Succeeded) Navigation.NavigateTo(StepUpEngine.Address(outcome.Value), forceLoad: true);
    }
}

using Lapse.Domain;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Lapse.Portal.Features.Emergency;

/// <summary>Where an admin takes access away at once: of a person, in a cluster, or all there is.</summary>
public sealed partial class EmergencyPage
{
    private Kind _kind = Kind.Person;
    private string _person = "";
    private string _cluster = "";
    private string _why = "";
    private bool _hold;
    private string? _missing;
    private string? _done;
    private Refusal? _refusal;

    private enum Kind
    {
        Person,
        Cluster,
        Everything,
    }

    /// <summary>Ends.</summary>
    [Inject]
    public required EndInEmergency Ending { get; init; }

    /// <summary>Asks once.</summary>
    [Inject]
    public required IDialogService Dialogs { get; init; }

    /// <inheritdoc/>
    protected override EmergencyAsk Asked { get; } = new();

    private string Standing => (View!.Live, View.Ending) switch
    {
        (0, 0) => "Nobody holds access through Lapse now.",
        (0, var ending) => $"{Words.Count(ending, "grant")} being taken away; no other is live.",
        (var live, 0) => $"{Words.Count(live, "grant")} live or scheduled now.",
        var (live, ending) => $"{Words.Count(live, "grant")} live or scheduled now; {ending} being taken away.",
    };

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change == "hold" || change.StartsWith("grant:", StringComparison.Ordinal);

    private static IReadOnlyList<FilterOption> Options(IReadOnlyList<EmergencyChoice> choices) => [.. choices.Select(c => new FilterOption(c.Id.ToString(), $"{c.Name}: {c.Count}"))];

    private void Choose(Kind kind)
    {
        (_kind, _missing) = (kind, null);
        // Whoever ends everything does not want the next to begin a second later; it can be switched off.
        _hold = kind == Kind.Everything;
    }

    private async Task EndAsync()
    {
        (_done, _refusal, _missing) = (null, null, null);
        var chosen = _kind == Kind.Person ? View!.People.FirstOrDefault(c => c.Id.ToString() == _person) : _kind == Kind.Cluster ? View!.Clusters.FirstOrDefault(c => c.Id.ToString() == _cluster) : null;
        if (chosen is null && _kind != Kind.Everything)
        {
            _missing = _kind == Kind.Person ? "Choose a person." : "Choose a cluster.";
            return;
        }
        EmergencyScope scope = _kind switch
        {
            Kind.Person => new EmergencyScope.OfPerson(PersonId.From(chosen!.Id)),
            Kind.Cluster => new EmergencyScope.InCluster(ClusterId.From(chosen!.Id)),
            Kind.Everything => new EmergencyScope.Everything(),
        };
        var whose = _kind switch { Kind.Person => $"all access of {chosen!.Name}", Kind.Cluster => $"all access in {chosen!.Name}", Kind.Everything => "all access everywhere" };
        List<string> consequences = [$"{Words.Count(chosen?.Count ?? View!.Live, "grant")} live or scheduled now: ended within seconds where the cluster answers.", "To have it again, people have to ask again."];
        if (_hold) consequences.Add("Nothing starts until an admin ends the hold with a second factor.");
        if (!await Dialogs.ConfirmAsync($"End {whose}?", "This cannot be taken back.", $"End {whose}", consequences, "Keep it all")) return;
        if (await RunAsync((actor, cancellation) => Ending.EndAsync(actor, scope, _hold, _why, cancellation)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        if (outcome.Succeeded)
        {
            _done = $"{Words.Count(outcome.Value.Grants, "grant")} ended or being taken away.{(outcome.Value.IsHeld ? " Lapse is on hold." : "")}";
            // Whoever was chosen holds nothing any more; what was said of them is not said of the next.
            (_kind, _person, _cluster, _why, _hold) = (Kind.Person, "", "", "", false);
        }
        await ReloadAsync();
    }

    private async Task HoldAsync()
    {
        (_done, _refusal) = (null, null);
        if (!await Dialogs.ConfirmAsync("Hold provisioning?", "No access starts until an admin ends the hold with a second factor. What runs goes on to its end.", "Hold provisioning", keep: "Go on as before")) return;
        if (await RunAsync((actor, cancellation) => Ending.HoldAsync(actor, _why, cancellation)) is not { } outcome) return;
        _refusal = outcome.Refusal;
        if (outcome.Succeeded) _done = "Lapse is on hold.";
        await ReloadAsync();
    }
}

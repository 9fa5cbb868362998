using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Portal.Components.Viewer;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Requests;

/// <summary>What a requester types, and where a refusal is shown.</summary>
public sealed partial class RequestForm
{
    // Each refusal of RequestRules begins with the name of the field that it is about.
    private static readonly string[] Fields = ["Reason", "Ticket", "Duration", "Namespace", "Start"];

    private readonly SortedSet<string> _namespaces = new(StringComparer.Ordinal);
    private string _reason = "";
    private string _ticket = "";
    private TimeSpan? _duration;
    private bool _later;
    private string _start = "";
    private Refusal? _refusal;
    private (ElevatedRoleId Entry, AccessRequestId? Extends)? _form;

    /// <summary>The viewer's clock and zone.</summary>
    [Inject]
    public required ViewerTime Time { get; init; }

    /// <summary>What is asked for.</summary>
    [Parameter, EditorRequired]
    public required NewRequestView Entry { get; set; }

    /// <summary>Writes the request down; says why not.</summary>
    [Parameter, EditorRequired]
    public required Func<AccessRequestContent, Task<Refusal?>> OnSubmit { get; set; }

    /// <inheritdoc/>
    protected override void OnParametersSet()
    {
        // The page reads its entry again while somebody types; only another entry or access starts the form anew.
        if (_form == (Entry.Id, Entry.Extension?.Id)) return;
        _form = (Entry.Id, Entry.Extension?.Id);
        _duration = Entry.Extension is { Duration: var before } ? before < Entry.Maximum ? before : Entry.Maximum : Entry.Default;
        _ticket = Entry.Extension?.Ticket ?? "";
        _later = false;
        _namespaces.Clear();
        _namespaces.UnionWith(Entry.Namespaces);
    }

    private static string? FieldOf(Refusal refusal) => Array.Find(Fields, field => refusal.Code.StartsWith(field, StringComparison.Ordinal));

    private string? ErrorOf(string field) => _refusal is { } refusal && FieldOf(refusal) == field ? refusal.Message : null;

    private void Choose(string name, ChangeEventArgs args)
    {
        if (args.Value is true) _namespaces.Add(name);
        else _namespaces.Remove(name);
    }

    private void StartLater()
    {
        _later = true;
        if (_start.Length == 0)
            _start = TimeZoneInfo.ConvertTime(Time.Now.AddHours(1), Time.Zone).ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
    }

    private async Task SubmitAsync()
    {
        var start = _later ? ReadStart() : null;
        _refusal = _duration is null ? new("DurationUnclear", $"Say for how long, such as 30m; at most {Words.Duration(Entry.Maximum)}.")
            : _later && start is null ? new("StartUnclear", "Say when it shall start.")
            : await OnSubmit(new(_duration.Value, start, _reason, _ticket, [.. _namespaces]));
    }

    private DateTimeOffset? ReadStart()
    {
        if (!DateTime.TryParse(_start, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return null;
        local = DateTime.SpecifyKind(local, DateTimeKind.Unspecified);
        // An hour that the clocks skip does not exist; of one that comes twice the first is meant.
        if (Time.Zone.IsInvalidTime(local)) return null;
        var offset = Time.Zone.IsAmbiguousTime(local) ? Time.Zone.GetAmbiguousTimeOffsets(local).Max() : Time.Zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}

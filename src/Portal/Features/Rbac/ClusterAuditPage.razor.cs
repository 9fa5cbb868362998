using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components.Elements;
using Microsoft.AspNetCore.Components;

namespace Lapse.Portal.Features.Rbac;

/// <summary>The audit of one cluster: who can do what, findings over time, and the findings. Question and filters are in the address.</summary>
public sealed partial class ClusterAuditPage
{
    private static readonly FilterOption[] Ages = [new("", "Any age"), new("1", "New this week")];

    private readonly List<FindingRow> _rows = [];
    private RbacFindingsView? _last;
    private FindingCursor? _next;

    /// <summary>The cluster's short name.</summary>
    [Parameter]
    public required string Cluster { get; set; }

    /// <summary>The severities in the address.</summary>
    [SupplyParameterFromQuery(Name = "severity")]
    public string? SeverityText { get; set; }

    /// <summary>The check in the address.</summary>
    [SupplyParameterFromQuery(Name = "check")]
    public string? Check { get; set; }

    /// <summary>The subject in the address.</summary>
    [SupplyParameterFromQuery(Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The namespace in the address.</summary>
    [SupplyParameterFromQuery(Name = "namespace")]
    public string? Namespace { get; set; }

    /// <summary>The search in the address.</summary>
    [SupplyParameterFromQuery(Name = "q")]
    public string? Text { get; set; }

    /// <summary>Which findings the address says: nothing for the open ones, <c>accepted</c>, <c>all</c> or <c>gone</c>.</summary>
    [SupplyParameterFromQuery(Name = "show")]
    public string? Show { get; set; }

    /// <summary><c>1</c> for those alone that are new.</summary>
    [SupplyParameterFromQuery(Name = "new")]
    public string? New { get; set; }

    /// <summary>The verb of the question.</summary>
    [SupplyParameterFromQuery(Name = "verb")]
    public string? Verb { get; set; }

    /// <summary>The resource of the question.</summary>
    [SupplyParameterFromQuery(Name = "resource")]
    public string? Resource { get; set; }

    /// <summary>The namespace of the question.</summary>
    [SupplyParameterFromQuery(Name = "in")]
    public string? In { get; set; }

    /// <summary>The object's name in the question.</summary>
    [SupplyParameterFromQuery(Name = "name")]
    public string? ObjectName { get; set; }

    /// <inheritdoc/>
    protected override RbacFindingsAsk Asked => new(Cluster, Filter);

    private FindingFilter Filter { get; set; } = FindingFilter.None;

    private string Base => RbacWords.Address(Cluster);

    /// <inheritdoc/>
    protected override bool Concerns(string change) => change.StartsWith("rbac:", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync()
    {
        var filter = FindingAddress.Read(name => name switch
        {
            "severity" => SeverityText,
            "check" => Check,
            "subject" => Subject,
            "namespace" => Namespace,
            "q" => Text,
            "show" => Show,
            "new" => New,
            _ => null,
        });
        // The same filter stays the same object: what only the question above changes is not read again.
        if (!FindingAddress.AreSame(filter, Filter)) Filter = filter;
        if (_last is not null && _last.Head.Name != Cluster) _last = null;
        return base.OnParametersSetAsync();
    }

    /// <inheritdoc/>
    protected override Task<Outcome<RbacFindingsView>> ReadAsync(Actor actor) =>
        Query.AskAsync(actor, Asked with { Take = View is null ? RbacFindingsAsk.Page : Math.Max(_rows.Count, RbacFindingsAsk.Page) }, Gone);

    /// <inheritdoc/>
    protected override void Loaded(RbacFindingsView view)
    {
        _last = view;
        _rows.Clear();
        Append(view);
    }

    private void Append(RbacFindingsView view)
    {
        _rows.AddRange(view.Rows);
        _next = view.Next;
    }

    private async Task MoreAsync()
    {
        if (await RunAsync((actor, _) => Query.AskAsync(actor, Asked with { After = _next }, Gone)) is { Succeeded: true } more) Append(more.Value);
    }

    // What is asked above stays.
    private void GoTo(FindingFilter filter) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameters(new Dictionary<string, object?>
    {
        ["check"] = filter.Check.Length == 0 ? null : filter.Check,
        ["namespace"] = filter.Namespace.Length == 0 ? null : filter.Namespace,
    }));

    private FilterOption[] SeverityChips(RbacFindingsView view)
    {
        var counts = Filter.Standing switch { FindingStanding.Open => view.Head.Open, FindingStanding.Accepted => view.Head.Accepted, FindingStanding.Standing or FindingStanding.Gone => null };
        FilterOption Option(Severity severity) => new(RbacWords.Lower(severity), counts is null ? RbacWords.Of(severity).Word : string.Create(CultureInfo.InvariantCulture, $"{RbacWords.Of(severity).Word} {counts.Of(severity)}"));
        // Several at once have no chip, but may stand in an address.
        FilterOption[] several = Filter.Severities.Count > 1 ? [new(SeverityText ?? "", string.Join(" and ", Filter.Severities.Select(severity => RbacWords.Of(severity).Word)))] : [];
        return [new("", "Every severity"), .. RbacWords.Severities.Select(Option), .. several];
    }

    private static FilterOption[] Standings(RbacFindingsView view) =>
    [
        new("", string.Create(CultureInfo.InvariantCulture, $"Open {view.Head.Open.Total}")),
        new("accepted", string.Create(CultureInfo.InvariantCulture, $"Accepted {view.Head.Accepted.Total}")),
        new("all", "Both"),
        new("gone", "Gone"),
    ];

    private FilterOption[] CheckOptions(RbacFindingsView view) => WithAll("All checks", Filter.Check, view.Checks.Select(one => new FilterOption(one.Check, string.Create(CultureInfo.InvariantCulture, $"{one.Check} {one.Title} ({one.Count})"))));

    private FilterOption[] NamespaceOptions(RbacFindingsView view) => WithAll("All namespaces", Filter.Namespace, view.Namespaces.Select(name => new FilterOption(name, name)));

    // A choice that no finding has now still stands in the list, since it stands in the address.
    private static FilterOption[] WithAll(string all, string chosen, IEnumerable<FilterOption> options)
    {
        var some = options.ToList();
        if (chosen.Length == 0) return [.. some];
        return [new("", all), .. some, .. some.Exists(option => option.Value == chosen) ? Array.Empty<FilterOption>() : [new(chosen, chosen)]];
    }

    private string Found(RbacFindingsView view)
    {
        var some = $"{Words.Count(view.Found.Total, "finding")}: {RbacWords.Of(view.Found)}.";
        return Filter.Standing == FindingStanding.Open && view.Head.Accepted.Total > 0 ? $"{some} {Hidden(view)}" : some;
    }

    private static string? Hidden(RbacFindingsView view) => view.Head.Accepted.Total switch
    {
        0 => null,
        1 => "1 more is accepted and not shown.",
        var many => string.Create(CultureInfo.InvariantCulture, $"{many} more are accepted and not shown."),
    };

    private static string Empty(FindingStanding standing) => standing switch
    {
        FindingStanding.Open => "No open finding",
        FindingStanding.Accepted => "Nothing is accepted",
        FindingStanding.Standing => "No finding",
        FindingStanding.Gone => "No finding is gone yet",
    };
}

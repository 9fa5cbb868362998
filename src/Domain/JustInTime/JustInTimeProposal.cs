using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.JustInTime;

/// <summary>The catalogue entry that fits standing bindings, and why each part of it is so.</summary>
/// <param name="Role">The role.</param>
/// <param name="Namespaces">Where; empty for the whole cluster.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Environment">How much hangs on the place.</param>
/// <param name="Maximum">The longest duration.</param>
/// <param name="Default">The usual duration.</param>
/// <param name="ConfirmAfterStepUp">Whether one last click is wanted after each step-up.</param>
/// <param name="Workflow">The workflow; <see langword="null"/> if there is none at all.</param>
/// <param name="Existing">An entry that offers the same already; then nothing of the above is made.</param>
/// <param name="Reasons">Why, a sentence each.</param>
public sealed record JustInTimeProposal(
    RoleReference Role, IReadOnlyList<string> Namespaces, string Title, string Description, ClusterEnvironment Environment, TimeSpan Maximum, TimeSpan Default, bool ConfirmAfterStepUp,
    WorkflowVersion? Workflow, ElevatedRoleVersion? Existing, IReadOnlyList<string> Reasons)
{
    /// <summary>Proposes.</summary>
    /// <param name="bindings">The bindings, of one role (<see cref="StandingRules.CheckTogether"/>).</param>
    /// <param name="environment">The cluster's.</param>
    /// <param name="severity">The gravest finding about them; <see langword="null"/> if there is none.</param>
    /// <param name="people">Everybody who signed in to Lapse and is not shut out.</param>
    /// <param name="workflows">The workflows in force.</param>
    /// <param name="entries">The entries in force on this cluster.</param>
    /// <param name="activity">What was seen of the cluster; <see langword="null"/> while nothing is recorded, which is said. What narrows the role to it belongs here.</param>
    public static JustInTimeProposal Of(
        IReadOnlyList<ReviewedBinding> bindings, ClusterEnvironment environment, Severity? severity, IReadOnlyList<KnownPerson> people,
        IReadOnlyList<WorkflowVersion> workflows, IReadOnlyList<ElevatedRoleVersion> entries, ObservedActivity? activity = null)
    {
        var role = bindings[0].Role ?? throw new ArgumentException("An entry has a role.", nameof(bindings));
        string[] places = [.. bindings.Select(one => one.Binding.Namespace).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var where = places.Length == 0 ? "the whole cluster" : string.Join(", ", places);
        List<string> reasons = [places.Length == 0
            ? "The binding is for the whole cluster, so the entry is too."
            : $"The entry is for {where} alone, where the {(bindings.Count == 1 ? "binding is" : "bindings are")}."];
        if (activity is null) reasons.Add("No activity of this cluster is read yet, so nobody knows what is used of the role, and it stays as it is.");

        var existing = entries.Where(entry => Covers(entry, role, places)).OrderBy(entry => entry.Namespaces.Length).ThenBy(entry => entry.ElevatedRoleId.Value).FirstOrDefault();
        var (maximum, usual) = Durations(severity);
        reasons.Add(severity is { } grave
            ? $"The gravest finding about it is {grave.ToString().ToLowerInvariant()}, so at most {Words.Duration(maximum)} at a time are proposed."
            : $"No finding is about it, so up to {Words.Duration(maximum)} at a time are proposed.");
        var workflow = existing is null ? Choose(workflows, bindings, people, severity, reasons) : workflows.FirstOrDefault(one => one.WorkflowId == existing.WorkflowId);
        if (existing is not null) reasons.Add($"The catalogue offers this already as “{existing.Title}”, so no second entry is made.");
        return new(role, places, Cut($"{role.Name} in {where}"), Describe(bindings), environment, maximum, usual, places.Length == 0, workflow, existing, reasons);
    }

    /// <summary>Whether an entry gives the same role at least in these places, and in no other way.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="role">The role.</param>
    /// <param name="places">The namespaces; empty for the whole cluster.</param>
    public static bool Covers(ElevatedRoleVersion entry, RoleReference role, IReadOnlyList<string> places)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.Role == role && entry.IsClusterWide == (places.Count == 0) && !places.Except(entry.Namespaces, StringComparer.Ordinal).Any();
    }

    /// <summary>How many people should agree, by what the role could do.</summary>
    public static int ApprovalsFor(Severity? severity) => severity switch
    {
        Severity.Critical or Severity.High => 2,
        Severity.Medium => 1,
        _ => 0,
    };

    private static (TimeSpan Maximum, TimeSpan Default) Durations(Severity? severity) => severity switch
    {
        Severity.Critical => (TimeSpan.FromHours(1), TimeSpan.FromMinutes(30)),
        Severity.High => (TimeSpan.FromHours(2), TimeSpan.FromMinutes(30)),
        Severity.Medium => (TimeSpan.FromHours(4), TimeSpan.FromHours(1)),
        _ => (TimeSpan.FromHours(8), TimeSpan.FromHours(1)),
    };

    // First that those who lose the access can ask, then as many approvals as the risk wants, then no more than that.
    private static WorkflowVersion? Choose(IReadOnlyList<WorkflowVersion> workflows, IReadOnlyList<ReviewedBinding> bindings, IReadOnlyList<KnownPerson> people, Severity? severity, List<string> reasons)
    {
        if (workflows.Count == 0)
        {
            reasons.Add("There is no workflow yet. Add one in the catalogue first.");
            return null;
        }
        var named = people.Where(person => bindings.Any(binding => binding.Binding.Subjects.Any(subject => subject.Kind == "Group"
            ? person.ClusterGroups?.Contains(subject.Name, StringComparer.Ordinal) == true
            : person.ClusterUserName.Length > 0 && subject.Name == person.ClusterUserName))).ToList();
        var wanted = ApprovalsFor(severity);
        var chosen = workflows
            .OrderByDescending(workflow => named.Count(person => workflow.MayBeRequestedBy(person.Groups)))
            .ThenByDescending(workflow => Math.Min(Approvals(workflow), wanted))
            .ThenBy(Approvals)
            .ThenBy(workflow => workflow.WorkflowId.Value)
            .First();
        var approvals = Approvals(chosen);
        reasons.Add(wanted == 0 ? $"Workflow “{chosen.Title}”: for what this gives, no more approvals are needed."
            : approvals >= wanted ? $"Workflow “{chosen.Title}”: for what this gives, {Words.Count(wanted, "approval")} should be needed, and it has {approvals}."
            : $"Workflow “{chosen.Title}” is the strictest under which they can ask; it has {Words.Count(approvals, "approval")}, and for what this gives there should be {wanted}. Add a stricter one in the catalogue.");
        if (named.Count(person => chosen.MayBeRequestedBy(person.Groups)) is var able && able < named.Count)
            reasons.Add($"No workflow lets all of them ask: {named.Count - able} of the {named.Count} people whom Lapse knows could not.");
        return chosen;
    }

    private static int Approvals(WorkflowVersion workflow) => workflow.Stages.Sum(stage => stage.Approvals);

    private static string Describe(IReadOnlyList<ReviewedBinding> bindings)
    {
        var text = $"Was standing access by {string.Join(", ", bindings.Take(5).Select(one => one.Reference))}{(bindings.Count > 5 ? $" and {bindings.Count - 5} more" : "")}.";
        return text.Length <= 2000 ? text : text[..2000];
    }

    private static string Cut(string title) => title.Length <= 120 ? title : title[..119] + "…";
}

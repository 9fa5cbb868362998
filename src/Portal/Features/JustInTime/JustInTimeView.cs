using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Rbac;

namespace Lapse.Portal.Features.JustInTime;

/// <summary>Asks for a proposal.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Bindings">The bindings as the audit calls them, one a line.</param>
/// <param name="Workflow">The id of the workflow that was chosen; empty for the proposed one.</param>
public sealed record JustInTimeNewAsk(string Cluster, string Bindings, string Workflow);

/// <summary>A proposal: what goes, what is offered instead, and who loses what.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Bindings">The bindings that go.</param>
/// <param name="Severity">The gravest finding about them; <see langword="null"/> if there is none.</param>
/// <param name="Proposal">The entry.</param>
/// <param name="Abilities">What the role allows there, in words.</param>
/// <param name="Rules">Its rules, a line each.</param>
/// <param name="Workflows">The workflows to choose from.</param>
/// <param name="Workflow">The workflow that counts here; <see langword="null"/> where there is none.</param>
/// <param name="Affected">Who loses what.</param>
/// <param name="LockedOut">Who would have no way to ask.</param>
/// <param name="Warnings">What else an admin should know.</param>
/// <param name="Commands">The same by hand.</param>
/// <param name="HasSecondAdmin">Whether another admin has to confirm.</param>
public sealed record JustInTimeNewView(
    RbacHead Head, IReadOnlyList<StandingLine> Bindings, Severity? Severity, JustInTimeProposal Proposal, IReadOnlyList<RoleAbility> Abilities, IReadOnlyList<string> Rules,
    IReadOnlyList<WorkflowChoice> Workflows, WorkflowChoice? Workflow, IReadOnlyList<AffectedLine> Affected, IReadOnlyList<string> LockedOut, IReadOnlyList<string> Warnings, DryRun Commands, bool HasSecondAdmin);

/// <summary>A binding that goes.</summary>
/// <param name="Reference">As the audit calls it.</param>
/// <param name="Role">The role.</param>
/// <param name="Where">The namespace; empty for the whole cluster.</param>
/// <param name="Subjects">Whom it names.</param>
public sealed record StandingLine(string Reference, string Role, string Where, IReadOnlyList<string> Subjects)
{
    /// <summary>For reading.</summary>
    public static StandingLine Of(ReviewedBinding reviewed) =>
        new(reviewed.Reference, $"{reviewed.Role}", reviewed.Binding.Namespace ?? "", [.. reviewed.Binding.Subjects.Select(subject => subject.ToString())]);
}

/// <summary>What it means for somebody.</summary>
/// <param name="Subject">As the cluster calls them.</param>
/// <param name="Name">Who that is; empty where Lapse does not know.</param>
/// <param name="Through">The bindings that go and name them.</param>
/// <param name="Lost">What they cannot do any more, in words; empty if other bindings give them the same.</param>
/// <param name="MayAsk">Whether they can ask for it.</param>
/// <param name="Path">How, or why not.</param>
public sealed record AffectedLine(string Subject, string Name, IReadOnlyList<string> Through, IReadOnlyList<string> Lost, bool MayAsk, string Path)
{
    /// <summary>For reading.</summary>
    public static AffectedLine Of(AffectedSubject one) => new(
        one.Subject, one.Name, one.Through,
        [.. one.Lost.SelectMany(lost => RoleInWords.Describe(RoleRules.From(lost.Rules), lost.Namespace.Length == 0 ? null : lost.Namespace))
            .Select(ability => ability.Sentence).Where(sentence => !sentence.StartsWith("Cannot ", StringComparison.Ordinal)).Distinct()],
        one.MayAsk, one.Path);
}

/// <summary>Asks for what was made just-in-time in a cluster.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Before">Only those before this one; <see langword="null"/> for the newest.</param>
/// <param name="Take">How many.</param>
public sealed record JustInTimeListAsk(string Cluster, StandingRemovalId? Before = null, int Take = JustInTimeListAsk.Page)
{
    /// <summary>How many a page has.</summary>
    public const int Page = 50;
}

/// <summary>What was made just-in-time, newest first.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Waiting">The changes that are not in force yet: of everybody, but drafts of whoever looks alone.</param>
/// <param name="Rows">The bindings.</param>
/// <param name="Next">Where the next page begins; <see langword="null"/> at the end.</param>
/// <param name="MayAct">Whether whoever looks may restore.</param>
public sealed record JustInTimeListView(RbacHead Head, IReadOnlyList<WaitingJustInTime> Waiting, IReadOnlyList<RemovalRow> Rows, StandingRemovalId? Next, bool MayAct);

/// <summary>A change that is not in force yet.</summary>
/// <param name="Id">The change.</param>
/// <param name="Title">In words.</param>
/// <param name="IsDraft">Whether it still waits for its author's step-up, and not for a second admin.</param>
/// <param name="At">When it was written down.</param>
public sealed record WaitingJustInTime(ConfigurationChangeId Id, string Title, bool IsDraft, DateTimeOffset At);

/// <summary>How far the removal of one binding got.</summary>
/// <param name="Id">The removal.</param>
/// <param name="ChangeId">Its change.</param>
/// <param name="Binding">The binding; <see langword="null"/> where the records do not say it any more.</param>
/// <param name="Reference">As the audit calls it.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Message">What is in the way.</param>
/// <param name="LacksRight">Whether that is a right.</param>
/// <param name="EntryId">The entry that offers the access.</param>
/// <param name="EntryTitle">Its title.</param>
/// <param name="CreatedAt">When the change came into force.</param>
/// <param name="RemovedAt">When it was seen gone.</param>
/// <param name="RemovedByHand">Whether somebody else than Lapse removed it.</param>
/// <param name="RestoredAt">When it was seen again.</param>
/// <param name="DecidedBy">Who wanted it back, or kept it.</param>
public sealed record RemovalRow(
    StandingRemovalId Id, ConfigurationChangeId ChangeId, ReviewedBinding? Binding, string Reference, RemovalStatus Status, string Message, bool LacksRight, ElevatedRoleId EntryId, string EntryTitle,
    DateTimeOffset CreatedAt, DateTimeOffset? RemovedAt, bool RemovedByHand, DateTimeOffset? RestoredAt, string? DecidedBy);

/// <summary>Asks for one change.</summary>
/// <param name="Id">The change.</param>
public sealed record JustInTimeChangeAsk(Guid Id);

/// <summary>One change from standing to just-in-time access.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Id">The change.</param>
/// <param name="Title">In words.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Author">Who wanted it.</param>
/// <param name="AuthorUserName">Their user name.</param>
/// <param name="IsMine">Whether that is whoever looks.</param>
/// <param name="Confirmer">The second admin, if there is one.</param>
/// <param name="CreatedAt">When it was written down.</param>
/// <param name="Until">When it ends unless it is settled before.</param>
/// <param name="SettledAt">When it was settled.</param>
/// <param name="Fields">What it says.</param>
/// <param name="Bindings">What goes.</param>
/// <param name="Affected">Who loses what, while it waits; <see langword="null"/> once it is settled, or where it is not known.</param>
/// <param name="Removals">How far that got; empty while the change is not in force.</param>
/// <param name="MayAct">Whether whoever looks is an admin.</param>
public sealed record JustInTimeChangeView(
    RbacHead Head, ConfigurationChangeId Id, string Title, ChangeStatus Status, string Author, string AuthorUserName, bool IsMine, string? Confirmer, DateTimeOffset CreatedAt, DateTimeOffset Until,
    DateTimeOffset? SettledAt, IReadOnlyList<ChangedField> Fields, IReadOnlyList<StandingLine> Bindings, IReadOnlyList<AffectedLine>? Affected, IReadOnlyList<RemovalRow> Removals, bool MayAct);

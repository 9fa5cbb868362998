using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;

namespace Lapse.Domain.Access;

/// <summary>What must hold for a request to be written down and submitted.</summary>
public static class RequestRules
{
    /// <summary>The longest reason.</summary>
    public const int LongestReason = 2000;

    /// <summary>The longest ticket.</summary>
    public const int LongestTicket = 200;

    /// <summary>How far ahead access can be asked for.</summary>
    public static readonly TimeSpan FurthestStart = TimeSpan.FromDays(7);

    /// <summary>How long somebody who changed an entry or its workflow can neither ask nor approve under it.</summary>
    public static readonly TimeSpan AuthorPause = TimeSpan.FromHours(24);

    /// <summary>The first rule that the typed content breaks; <see langword="null"/> if none.</summary>
    public static Refusal? CheckContent(AccessRequestContent content, ElevatedRoleVersion entry, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(content.Reason)) return new("ReasonMissing", "Say why you need this; the approvers decide by it.");
        if (content.Reason.Trim().Length > LongestReason) return new("ReasonTooLong", "Keep the reason within 2,000 characters.");
        if (content.Ticket.Trim().Length > LongestTicket) return new("TicketTooLong", "Keep the ticket within 200 characters.");
        if (!PlainText.IsLine(content.Ticket)) return new("TicketCharacters", "A ticket is one line.");
        if (!PlainText.IsText(content.Reason)) return new("ReasonCharacters", "The reason has characters that cannot be shown.");
        if (content.Duration < ElevatedRoleRules.ShortestDuration) return new("DurationTooShort", "Ask for at least 1 minute.");
        if (content.Duration > entry.Maximum) return new("DurationTooLong", $"This role is given for {Words.Duration(entry.Maximum)} at most.");
        if (content.WantedStart is { } start && start < now - TimeSpan.FromMinutes(5)) return new("StartPast", "The start is in the past.");
        if (content.WantedStart is { } late && late > now + FurthestStart) return new("StartTooFar", "Ask for a start within the next 7 days.");
        if (content.Namespaces is { } chosen)
        {
            if (chosen.Count == 0 && !entry.IsClusterWide) return new("NamespaceMissing", "Choose at least one namespace.");
            if (chosen.Distinct(StringComparer.Ordinal).Count() != chosen.Count || chosen.Except(entry.Namespaces, StringComparer.Ordinal).Any())
                return new("NamespaceNotOffered", "This entry does not offer that namespace.");
        }
        return null;
    }

    /// <summary>Whether this person, with these groups, may ask under this entry and workflow.</summary>
    /// <param name="entry">The current version of the entry.</param>
    /// <param name="workflow">The current version of its workflow.</param>
    /// <param name="person">Who asks.</param>
    /// <param name="groups">The groups of a verified token; <see langword="null"/> when it did not say.</param>
    /// <param name="now">When.</param>
    public static Refusal? CheckRequester(ElevatedRoleVersion entry, WorkflowVersion workflow, PersonId person, IReadOnlyCollection<string>? groups, DateTimeOffset now)
    {
        if (groups is null) return new("GroupsUnknown", "The sign-in did not say which groups you are in, so nothing can be asked for. Tell an admin.");
        if (!workflow.MayBeRequestedBy(groups)) return new("NotRequestable", "You may not ask for this role. The catalogue shows what you may ask for.", "/catalogue");
        return CheckAuthor(entry, workflow, person, now);
    }

    /// <summary>Who changed an entry or its workflow within a day cannot use that change for themselves.</summary>
    public static Refusal? CheckAuthor(ElevatedRoleVersion entry, WorkflowVersion workflow, PersonId person, DateTimeOffset now)
    {
        var changed = (entry.MadeBy == person && entry.MadeAt > now - AuthorPause) || (workflow.MadeBy == person && workflow.MadeAt > now - AuthorPause);
        return changed ? new("ChangedItRecently", "You changed this entry or its workflow within the last 24 hours, so somebody else has to ask or approve under it.") : null;
    }

    /// <summary>Whether the rules can be granted at all.</summary>
    public static Refusal? CheckRules(RoleRules? rules) =>
        rules is null ? new("RoleUnknown", "The cluster has no such role now, or has never answered. Nothing was lost; tell an admin.")
        : rules.IsEmpty ? new("RoleEmpty", "This role has no rules now, so it would give nothing. Nothing was lost; tell an admin.")
        : null;
}

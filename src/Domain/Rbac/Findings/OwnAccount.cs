using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>An account of Lapse itself in a cluster, with what it needs there.</summary>
/// <param name="Account">The ServiceAccount.</param>
/// <param name="Needed">What it needs: the rules of each, where its namespace says; in the whole cluster where that is empty.</param>
/// <param name="Reason">Why that is accepted, in a sentence.</param>
public sealed record OwnAccount(Subject Account, ImmutableArray<RoleObject> Needed, string Reason);

/// <summary>
/// What Lapse's own accounts are found with is accepted by default, as long as they have no more than they need beside what everybody
/// has. With anything more, all of it stands: somebody who adds a right to such an account must not find a place where nobody looks.
/// </summary>
internal sealed class OwnAccounts
{
    private static readonly ImmutableArray<string> Parts = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];
    private readonly Dictionary<Subject, string> _reasons = [];

    internal OwnAccounts(AuditContext context)
    {
        // What could not be read could be more.
        if (!Parts.All(context.Read.IsKnown)) return;
        foreach (var own in context.Records.Own.Where(own => HasNoMore(context, own))) _reasons[own.Account] = own.Reason;
    }

    /// <summary>The finding, accepted if it says what such an account needs.</summary>
    internal Finding Judge(Finding finding) =>
        finding.Subject is { } subject && _reasons.TryGetValue(subject, out var reason) && IsOfRights(finding) ? finding with { AcceptedBecause = reason } : finding;

    // Who runs as the account, and what else is about it, has nothing to do with its rights: a stranger's Pod could be among them.
    private static bool IsOfRights(Finding finding) =>
        (!finding.Rules.IsEmpty && finding.Check != Checks.StrongWorkload) || finding.Check == Checks.Many;

    private static bool HasNoMore(AuditContext context, OwnAccount own)
    {
        foreach (var holding in context.Holdings(own.Account))
        {
            // What everybody has is no right of this account: it is found of the group, and whoever gives it so gives it to all.
            if (holding.Role is not { } role || holding.Through is { Kind: SubjectKind.Group, Name: Requester.Authenticated or Requester.ServiceAccounts }) continue;
            var place = holding.Binding.Namespace;
            List<PolicyRule> needed = [.. own.Needed.Where(one => one.Namespace.Length == 0 || one.Namespace == place).SelectMany(one => one.Rules)];
            foreach (var rule in context.Rules(holding.Binding, role, holding.Through).Select(index => role.Rules[index]))
                if (Size(rule) > RuleAtoms.Max || Escalation.Uncovered(needed, [rule]).Count > 0) return false;
        }

        return true;
    }

    private static double Size(PolicyRule rule) =>
        (double)rule.Verbs.Length * ((double)rule.ApiGroups.Length * rule.Resources.Length * Math.Max(1, rule.ResourceNames.Length) + rule.NonResourceUrls.Length);
}

using System.Collections.Immutable;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Domain.Workflows;
using BindingObject = Lapse.Domain.Rbac.State.BindingObject;

namespace Lapse.Domain.JustInTime;

/// <summary>What a change takes from one person or group, and how they come to it from now on.</summary>
/// <param name="Subject">As the cluster calls them, such as <c>oidc:erin</c> or <c>group ops</c>.</param>
/// <param name="Name">Who that is; empty where Lapse does not know.</param>
/// <param name="Through">The bindings that go and name them, each with the group by which it does, in words.</param>
/// <param name="Lost">What they cannot do any more, by place; empty if other bindings give them the same.</param>
/// <param name="MayAsk">Whether they can come to it by asking.</param>
/// <param name="Path">How they come to it, or why they cannot, in a sentence.</param>
public sealed record AffectedSubject(string Subject, string Name, IReadOnlyList<string> Through, IReadOnlyList<LostAccess> Lost, bool MayAsk, string Path)
{
    /// <summary>Whether they lose something.</summary>
    public bool Loses => Lost.Count > 0;
}

/// <summary>What somebody loses in one place.</summary>
/// <param name="Namespace">Where; empty for the whole cluster.</param>
/// <param name="Rules">The single permissions.</param>
public sealed record LostAccess(string Namespace, ImmutableArray<PolicyRule> Rules);

/// <summary>
/// Who loses what by the removal of standing bindings, and who gets which way to ask instead. It knows only people who signed in to
/// Lapse; whoever else a binding names is said to be unknown, and counts as locked out unless their group may ask.
/// </summary>
/// <param name="Affected">Everybody whom the bindings name: people whom Lapse knows, then groups and users whom it does not.</param>
/// <param name="LockedOut">The subjects that lose something and have no way to ask.</param>
/// <param name="Warnings">What else an admin should know.</param>
public sealed record JustInTimePreview(IReadOnlyList<AffectedSubject> Affected, IReadOnlyList<string> LockedOut, IReadOnlyList<string> Warnings)
{
    private const string NobodyIsLeft =
        "After this nobody but members of system:masters, who are known to the cluster's certificates alone, can change bindings of the whole cluster without asking Lapse. Keep a certificate of an administrator where you find it in an emergency: if Lapse or its provider is down, it is the only way in.";

    /// <summary>Works it out.</summary>
    /// <param name="before">The newest state of the cluster.</param>
    /// <param name="bindings">The bindings that go.</param>
    /// <param name="workflow">Who may ask and who approves.</param>
    /// <param name="people">Everybody who signed in to Lapse and is not shut out.</param>
    /// <param name="groupsPrefix">What the cluster puts before the provider's groups; <see langword="null"/> where its groups are not those of Lapse's provider.</param>
    /// <param name="proposer">Whoever makes the entry by it, and so can neither ask nor approve under it at first (<see cref="RequestRules.AuthorPause"/>); <see langword="null"/> where none is made.</param>
    public static JustInTimePreview Of(
        RbacIndex before, IReadOnlyList<ReviewedBinding> bindings, WorkflowVersion workflow, IReadOnlyList<KnownPerson> people, string? groupsPrefix, PersonId? proposer = null)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(bindings);
        BindingObject[] going = [.. bindings.Select(binding => binding.ToState())];
        var keys = going.Select(binding => (binding.Namespace, binding.Name)).ToHashSet();
        var left = new RbacIndex(before.State with { Bindings = [.. before.State.Bindings.Where(binding => !keys.Contains((binding.Namespace, binding.Name)))] });
        var working = new Working(left, going, workflow, people, groupsPrefix, proposer);

        List<AffectedSubject> affected = [.. people.Select(working.Of).OfType<AffectedSubject>().OrderBy(one => one.Subject, StringComparer.Ordinal)];
        var known = people.Select(person => person.ClusterUserName).ToHashSet(StringComparer.Ordinal);
        foreach (var subject in going.SelectMany(binding => binding.Subjects.Select(subject => subject.Means(binding.Namespace))).OfType<Subject>().Distinct().Order(SubjectOrder.Instance))
            if (subject.Kind == SubjectKind.Group || (subject.Kind == SubjectKind.User && !known.Contains(subject.Name))) affected.Add(working.Of(subject));
        return new(affected, [.. affected.Where(one => one.Loses && !one.MayAsk).Select(one => one.Subject)], [.. WarningsOf(before, left, bindings, groupsPrefix)]);
    }

    private static IEnumerable<string> WarningsOf(RbacIndex before, RbacIndex left, IReadOnlyList<ReviewedBinding> bindings, string? groupsPrefix)
    {
        if (StandingAdministrators(before) && !StandingAdministrators(left)) yield return NobodyIsLeft;
        foreach (var binding in bindings)
            if (Applier(binding) is { } applier) yield return $"{binding.Reference} is kept by {applier}, which will make it again unless it is taken out there too.";
        if (groupsPrefix is null) yield return "This cluster does not read its groups from the claim that Lapse reads, so Lapse cannot say who is in a group that a binding names.";
        if (!left.State.IsKnown("clusterrolebindings") || !left.State.IsKnown("rolebindings"))
            yield return "Not all bindings of the cluster could be read. Somebody may hold more than is said here.";
    }

    // People and groups of people; what Kubernetes itself brings is no administrator whom somebody could call.
    private static bool StandingAdministrators(RbacIndex index) => index.WhoCan(AccessQuestion.For("update", BindingKeys.RbacGroup, "clusterrolebindings"))
        .Any(holder => holder.Subject.Kind != SubjectKind.ServiceAccount && !Catalogue.ClusterGroups.IsReserved(holder.Subject.Name));

    // Tools that bring what they keep back to what they say, known by what they write on it.
    private static string? Applier(ReviewedBinding binding)
    {
        var (labels, annotations) = (binding.Binding.Labels, binding.Binding.Annotations);
        if (annotations.ContainsKey("argocd.argoproj.io/tracking-id") || labels.ContainsKey("argocd.argoproj.io/instance")) return "Argo CD";
        if (labels.Keys.Any(key => key.EndsWith(".toolkit.fluxcd.io/name", StringComparison.Ordinal))) return "Flux";
        if (annotations.ContainsKey("meta.helm.sh/release-name")) return $"the Helm release {annotations["meta.helm.sh/release-name"]}";
        return labels.GetValueOrDefault("app.kubernetes.io/managed-by") is { Length: > 0 } by ? by : null;
    }

    private sealed class Working(RbacIndex left, BindingObject[] going, WorkflowVersion workflow, IReadOnlyList<KnownPerson> people, string? groupsPrefix, PersonId? proposer)
    {
        /// <summary>What it means for a person; <see langword="null"/> if no binding names them.</summary>
        public AffectedSubject? Of(KnownPerson person)
        {
            var groups = person.ClusterGroups ?? [];
            List<(BindingObject Binding, string Through)> named = [];
            foreach (var binding in going)
                if (binding.Subjects.Select(subject => subject.Means(binding.Namespace)).OfType<Subject>().Where(subject => IsOf(subject, person, groups)).Cast<Subject?>().FirstOrDefault() is { } by)
                    named.Add((binding, by.Kind == SubjectKind.Group ? $"{binding.Reference}, by group {by.Name}" : binding.Reference));
            if (named.Count == 0) return null;
            var lost = Lost(named.Select(one => one.Binding), Requester.Of(person.ClusterUserName, groups));
            var (may, path) = PathOf(person);
            return new(person.ClusterUserName, person.Name, [.. named.Select(one => one.Through)], lost, may, path);
        }

        /// <summary>What it means for a group, or for a user who never signed in.</summary>
        public AffectedSubject Of(Subject subject)
        {
            var named = going.Where(binding => binding.Subjects.Any(one => one.Means(binding.Namespace) == subject)).ToList();
            var isGroup = subject.Kind == SubjectKind.Group;
            var lost = Lost(named, isGroup ? Requester.Exactly("", [subject.Name, Requester.Authenticated]) : Requester.Of(subject.UserName));
            var (may, path) = isGroup ? PathOfGroup(subject.Name) : (false, "Nobody of this name has signed in to Lapse, so it is not known whether anybody could ask.");
            return new(isGroup ? $"group {subject.Name}" : subject.Name, "", [.. named.Select(binding => binding.Reference)], lost, may, path);
        }

        private static bool IsOf(Subject subject, KnownPerson person, IReadOnlyList<string> groups) => subject.Kind switch
        {
            SubjectKind.User => person.ClusterUserName.Length > 0 && subject.Name == person.ClusterUserName,
            SubjectKind.Group => groups.Contains(subject.Name, StringComparer.Ordinal),
            _ => false,
        };

        // An access that Lapse gave for a time is not what somebody keeps.
        private List<LostAccess> Lost(IEnumerable<BindingObject> named, Requester who) =>
            [.. named.Select(binding => new LostAccess(binding.Namespace, AccessWidening.Unheld(left, who, binding, one => !BindingKeys.IsBindingName(one.Name))))
                .Where(lost => !lost.Rules.IsEmpty)];

        private (bool May, string Path) PathOf(KnownPerson person)
        {
            if (person.Groups is null) return (false, "Their sign-in does not say which groups they are in, so they cannot ask.");
            if (!workflow.MayBeRequestedBy(person.Groups)) return (false, $"They are in no group that may ask: {string.Join(" or ", workflow.RequesterGroups)}.");
            return Missing(person.Id, people) is { } missing ? (false, missing) : (true, Words() + Meanwhile(person.Id));
        }

        private (bool May, string Path) PathOfGroup(string name)
        {
            if (groupsPrefix is null || !name.StartsWith(groupsPrefix, StringComparison.Ordinal)) return (false, "Who is in this group is known to the identity provider alone, so it is not known whether they could ask.");
            var plain = name[groupsPrefix.Length..];
            if (!workflow.MayBeRequestedBy([plain])) return (false, $"Who is in this group alone may not ask: that takes {string.Join(" or ", workflow.RequesterGroups)}.");
            return Missing(null, people) is { } missing ? (false, missing) : (true, $"Whoever is in it can ask. {Words()}{Meanwhile(null)}");
        }

        private string Words() => workflow.Stages.Count == 0
            ? "They ask, prove themselves with their second factor, and have it at once."
            : $"They ask with their second factor, and {string.Join(", then ", workflow.Stages.Select(stage => $"{Domain.Words.Count(stage.Approvals, "person").Replace("persons", "people", StringComparison.Ordinal)} of {string.Join(" or ", stage.ApproverGroups)}"))} approve.";

        // Who proposes an entry cannot use it at once: neither for themselves, nor to let others in.
        private string Meanwhile(PersonId? requester)
        {
            if (proposer is not { } author) return "";
            if (requester == author) return " Not in the first 24 hours, since the proposal is theirs.";
            return Missing(requester, [.. people.Where(person => person.Id != author)]) is null ? "" : " Not in the first 24 hours: whoever proposes it cannot approve so soon, and too few others could.";
        }

        // Why too few could approve: distinct people for each round, and for all rounds together.
        private string? Missing(PersonId? requester, IReadOnlyList<KnownPerson> approvers)
        {
            var all = new HashSet<PersonId>();
            foreach (var stage in workflow.Stages)
            {
                var able = approvers.Where(person => person.Id != requester && stage.MayBeDecidedBy(person.Groups)).Select(person => person.Id).ToList();
                if (able.Count < stage.Approvals) return $"Too few people could approve: “{stage.Name}” wants {stage.Approvals}, and Lapse knows {able.Count}.";
                all.UnionWith(able);
            }
            var wanted = workflow.Stages.Sum(stage => stage.Approvals);
            return all.Count < wanted ? $"Too few people could approve: all rounds want {wanted} different ones, and Lapse knows {all.Count}." : null;
        }
    }
}

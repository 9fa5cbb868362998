using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Catalogue;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Understands what somebody types into the bar, and answers it from an index.</summary>
internal static class WhoCan
{
    private static readonly string[] Usual = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    // What RBAC knows beside the verbs of the API, by the resource.
    private static readonly Dictionary<string, string[]> Special = new(StringComparer.Ordinal)
    {
        ["roles"] = ["bind", "escalate"],
        ["clusterroles"] = ["bind", "escalate"],
        ["users"] = ["impersonate"],
        ["groups"] = ["impersonate"],
        ["serviceaccounts"] = ["impersonate"],
        ["signers"] = ["approve", "sign", "attest"],
        ["podsecuritypolicies"] = ["use"],
    };
    private static readonly string[] Parts = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <summary>A resource with its group, and what the cluster says of it.</summary>
    /// <param name="ApiGroup">The group; empty is the core group.</param>
    /// <param name="Resource">The plural, with a subresource after a slash.</param>
    /// <param name="Served">What the cluster serves; <see langword="null"/> if it serves no such thing or is not known to.</param>
    internal sealed record Asked(string ApiGroup, string Resource, ServedResource? Served);

    /// <summary>The verbs that complete what is typed.</summary>
    public static IReadOnlyList<string> Verbs(RbacState state, Asked? asked)
    {
        if (asked is null) return [.. Usual, "impersonate", "bind", "escalate"];
        string[] served = [.. state.Served.Where(one => one.ApiGroup == asked.ApiGroup && one.Resource == asked.Resource).SelectMany(one => one.Verbs)];
        return [.. (served.Length > 0 ? Usual.Where(served.Contains).Concat(served) : Usual).Concat(Special.GetValueOrDefault(asked.Resource) ?? []).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The resources that complete what is typed: what the cluster serves, or where that is not known what its roles name.</summary>
    public static IReadOnlyList<string> Resources(RbacState state)
    {
        var served = state.Served.Select(one => (one.ApiGroup, one.Resource));
        var all = state.Served.IsEmpty ? state.Roles.SelectMany(role => role.Rules).SelectMany(rule => rule.ApiGroups.SelectMany(group => rule.Resources.Select(resource => (ApiGroup: group, Resource: resource)))) : served;
        var named = all.Where(one => one.Resource.Length > 0 && !one.Resource.Contains(PolicyRule.All, StringComparison.Ordinal) && one.ApiGroup != PolicyRule.All).Distinct().ToList();
        var twice = named.GroupBy(one => one.Resource, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet(StringComparer.Ordinal);
        return [.. named.Select(one => one.ApiGroup.Length > 0 && twice.Contains(one.Resource) ? Written(one.ApiGroup, one.Resource) : one.Resource).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>What a text means: <c>deployments</c>, <c>deployments.apps/scale</c>, <c>Deployment</c>. Without a group the core one goes before the others.</summary>
    public static Asked? Understand(RbacState state, string text)
    {
        if (text.Length == 0 || text[0] == '/') return null;
        var (kind, subresource) = Split(text, '/');
        var (resource, group) = Split(kind, '.');
        var known = state.Served.Where(one => group.Length == 0 || one.ApiGroup == group).OrderBy(one => one.ApiGroup, StringComparer.Ordinal).ToList();
        var main = known.Find(one => one.Resource == resource)
            ?? known.Find(one => !one.Resource.Contains('/', StringComparison.Ordinal) && (string.Equals(one.Kind, resource, StringComparison.OrdinalIgnoreCase) || string.Equals(one.Resource, resource, StringComparison.OrdinalIgnoreCase)));
        var plural = main?.Resource ?? resource;
        var whole = subresource.Length > 0 ? $"{plural}/{subresource}" : plural;
        if (main is not null) return new(main.ApiGroup, whole, known.Find(one => one.ApiGroup == main.ApiGroup && one.Resource == whole));
        return new(group.Length > 0 ? group : GroupInRoles(state, whole), whole, null);
    }

    /// <summary>Answers.</summary>
    /// <param name="index">The index.</param>
    /// <param name="ask">The question.</param>
    /// <returns><see langword="null"/> while verb or resource is missing.</returns>
    public static WhoCanAnswer? Answer(RbacIndex index, WhoCanAsk ask)
    {
        var state = index.State;
        if (ask.Verb.Length == 0 || ask.Resource.Length == 0) return null;
        var notes = new List<string>();
        AccessQuestion question;
        var anywhere = false;
        if (Understand(state, ask.Resource) is { } asked)
        {
            var clusterScoped = asked.Served is { Namespaced: false };
            var space = clusterScoped && asked.Resource != "namespaces" ? "" : ask.Namespace;
            // Such a request carries no name, whatever is typed.
            var name = ask.Verb is "deletecollection" || (ask.Verb is "create" && !asked.Resource.Contains('/', StringComparison.Ordinal)) ? "" : ask.Name;
            question = AccessQuestion.For(ask.Verb, asked.ApiGroup, asked.Resource, name, space);
            anywhere = !clusterScoped && space.Length == 0;
            if (!state.Served.IsEmpty && asked.Served is null) notes.Add($"The cluster serves no {Written(asked.ApiGroup, asked.Resource)} now. Roles may name it all the same.");
            if (asked.Served is { } served && !served.Verbs.Contains(ask.Verb) && ask.Verb != PolicyRule.All && !(Special.GetValueOrDefault(asked.Resource)?.Contains(ask.Verb) ?? false)) notes.Add($"{Written(asked.ApiGroup, asked.Resource)} cannot be asked to {ask.Verb}. Roles may say so all the same.");
            if (clusterScoped && ask.Namespace.Length > 0 && space.Length == 0) notes.Add($"{Written(asked.ApiGroup, asked.Resource)} live outside namespaces: {ask.Namespace} does not matter.");
            if (name.Length == 0 && ask.Name.Length > 0) notes.Add($"A request to {ask.Verb} carries no name: {ask.Name} does not matter.");
        }
        else
        {
            question = AccessQuestion.ForUrl(ask.Verb, ask.Resource);
            if (ask.Namespace.Length > 0) notes.Add("A path of the API server is in no namespace.");
        }

        if (question.Namespace.Length > 0 && state.IsWhole("namespaces") && !state.Namespaces.Any(one => one.Name == question.Namespace))
            notes.Add($"There is no namespace {question.Namespace} now. Whoever can do it in the whole cluster can do it there once there is.");
        if (Parts.Where(part => !state.IsKnown(part)).ToList() is { Count: > 0 } missing) notes.Add($"Not complete: {string.Join(", ", missing)} could not be read. There may be more who can.");
        notes.Add("Members of system:masters can do everything, before RBAC is asked. No binding shows who they are; the cluster's certificates do.");

        var holders = index.WhoCan(question, anywhere).Select(holder => ToRow(holder.Subject, holder.Through, [.. holder.Via])).OrderBy(holder => holder.IsKubernetes).ToList();
        var byName = question.IsResource && question.Name.Length == 0 ? ByName(index, question, anywhere) : [];
        if (holders.Exists(holder => holder.Note.Length > 0)) notes.Add("Who is in a group is known to the identity provider alone.");
        return new(In(question, anywhere), notes, [.. holders.Take(WhoCanAnswer.Most)], holders.Count, [.. byName.Take(WhoCanAnswer.Most)], byName.Count);
    }

    /// <summary>A resource as it can be typed again.</summary>
    private static string Written(string apiGroup, string resource)
    {
        if (apiGroup.Length == 0) return resource;
        var (kind, subresource) = Split(resource, '/');
        return subresource.Length == 0 ? $"{kind}.{apiGroup}" : $"{kind}.{apiGroup}/{subresource}";
    }

    private static string In(AccessQuestion question, bool anywhere)
    {
        if (!question.IsResource) return question.ToString();
        var resource = question.Subresource.Length > 0 ? $"{question.Resource}/{question.Subresource}" : question.Resource;
        var name = question.Name.Length > 0 ? $" {question.Name}" : "";
        var where = question.Namespace.Length > 0 ? $" in {question.Namespace}" : anywhere ? " in any namespace" : "";
        return $"{question.Verb} {Written(question.ApiGroup, resource)}{name}{where}";
    }

    // A rule that names objects allows no request for all of them; the same rule without its names would.
    private static List<WhoCanHolder> ByName(RbacIndex index, AccessQuestion question, bool anywhere)
    {
        if (question.Verb is "deletecollection" || (question.Verb is "create" && question.Subresource.Length == 0)) return [];
        var found = new Dictionary<Subject, List<Allowance>>();
        foreach (var role in index.Roles)
        {
            var rules = Enumerable.Range(0, role.Rules.Length).Where(i => !role.Rules[i].ResourceNames.IsEmpty && Evaluator.Allows(role.Rules[i] with { ResourceNames = [] }, question)).ToList();
            if (rules.Count == 0) continue;
            foreach (var binding in index.BindingsOf(role).Where(binding => anywhere || binding.IsClusterWide || binding.Namespace == question.Namespace))
            {
                foreach (var subject in binding.Subjects.Select(one => one.Means(binding.Namespace)).OfType<Subject>().Distinct())
                {
                    if (!found.TryGetValue(subject, out var via)) found[subject] = via = [];
                    via.AddRange(rules.Select(rule => new Allowance(binding, role, rule)));
                }
            }
        }

        return [.. found.OrderBy(entry => entry.Key, SubjectOrder.Instance).Select(entry => ToRow(entry.Key, null, entry.Value)).OrderBy(holder => holder.IsKubernetes)];
    }

    private static WhoCanHolder ToRow(Subject subject, string? through, List<Allowance> via) => new(
        subject, through, NoteOf(subject),
        [.. via.Take(WhoCanHolder.MostVia).Select(ToVia)], via.Count, via.TrueForAll(one => RbacWords.IsKubernetes(one.Binding)));

    /// <summary>A way for reading.</summary>
    public static WhoCanVia ToVia(Allowance way) => new(way.Binding.Namespace, way.Binding.Reference, way.Role.Reference, way.RuleIndex + 1, RoleFacts.Line(way.Rule));

    private static string NoteOf(Subject subject) => subject switch
    {
        { Kind: not SubjectKind.Group } => subject == Subject.OfUser(Requester.Anonymous) ? "whoever is not signed in" : "",
        { Name: Requester.Masters } => "may do everything, whatever RBAC says",
        { Name: Requester.Authenticated } => "everybody who is signed in, every service account among them",
        { Name: Requester.Unauthenticated } => "whoever is not signed in",
        { Name: Requester.ServiceAccounts } => "every service account",
        { Name: var name } when name.StartsWith(Requester.ServiceAccounts + ":", StringComparison.Ordinal) => $"every service account of {name[(Requester.ServiceAccounts.Length + 1)..]}",
        _ => "its members are not visible here",
    };

    private static string GroupInRoles(RbacState state, string resource)
    {
        var groups = state.Roles.SelectMany(role => role.Rules).Where(rule => rule.Resources.Contains(resource)).SelectMany(rule => rule.ApiGroups).Where(group => group != PolicyRule.All).ToHashSet(StringComparer.Ordinal);
        return groups.Count == 0 || groups.Contains("") ? "" : groups.Min(StringComparer.Ordinal)!;
    }

    private static (string Head, string Tail) Split(string text, char at)
    {
        var place = text.IndexOf(at, StringComparison.Ordinal);
        return place < 0 ? (text, "") : (text[..place], text[(place + 1)..]);
    }
}

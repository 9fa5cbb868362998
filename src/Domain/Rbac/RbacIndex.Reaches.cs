using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

public sealed partial class RbacIndex
{
    /// <summary>
    /// Who reaches which of these places, and through what. Everybody whom a binding names is asked about, and every
    /// ServiceAccount of the state, with the groups that the API server adds; of other groups the members are not known.
    /// </summary>
    /// <returns>Those who reach anything, sorted.</returns>
    public ImmutableArray<Reacher> Reaches(IReadOnlyList<Place> places)
    {
        ArgumentNullException.ThrowIfNull(places);
        var found = new Dictionary<Subject, List<Reached>>();
        // The same is asked of many namespaces: which rules of a ClusterRole allow it does not depend on the namespace.
        var asked = new Dictionary<AccessQuestion, List<Touch>>();
        foreach (var place in places)
        {
            var direct = Direct(place, asked);
            foreach (var (subject, way) in direct) Of(found, subject).Add(way);
            AddImplicit(found, direct);
        }

        return [.. found.OrderBy(entry => entry.Key, SubjectOrder.Instance).Select(entry => new Reacher(entry.Key, [.. entry.Value]))];
    }

    private Dictionary<Subject, Reached> Direct(Place place, Dictionary<AccessQuestion, List<Touch>> asked)
    {
        var by = new Dictionary<Subject, (List<Allowance> Ways, bool Whole)>();
        foreach (var question in place.Questions)
        {
            var anywhere = question with { Namespace = "" };
            if (!asked.TryGetValue(anywhere, out var touches)) asked[anywhere] = touches = [.. Touching("", question)];
            foreach (var touch in question.Namespace.Length == 0 ? touches : touches.Concat(Touching(question.Namespace, question)))
            {
                foreach (var binding in _byRole[(touch.Role.Namespace, touch.Role.Name)])
                {
                    if (!Concerns(binding, question)) continue;
                    var way = new Allowance(binding, touch.Role, touch.Rule);
                    foreach (var subject in Distinct(binding))
                    {
                        var (ways, whole) = by.TryGetValue(subject, out var held) ? held : ([], false);
                        ways.Add(way);
                        by[subject] = (ways, whole || touch.Whole);
                    }
                }
            }
        }

        return by.ToDictionary(entry => entry.Key, entry => new Reached(place, Once(InOrder(entry.Value.Ways)), null, entry.Value.Whole));
    }

    // One rule may allow several of the questions.
    private static ImmutableArray<Allowance> Once(ImmutableArray<Allowance> sorted) =>
        [.. sorted.Where((way, i) => i == 0 || !ReferenceEquals(sorted[i - 1].Binding, way.Binding) || sorted[i - 1].RuleIndex != way.RuleIndex)];

    private void AddImplicit(Dictionary<Subject, List<Reached>> found, Dictionary<Subject, Reached> direct)
    {
        var groups = direct.Where(entry => entry.Key.Kind == SubjectKind.Group).ToDictionary(entry => entry.Key.Name, entry => entry.Value with { Through = entry.Key.Name }, StringComparer.Ordinal);
        if (groups.Count == 0) return;
        foreach (var name in _byUser.Keys.Concat(State.ServiceAccounts.Select(account => account.Subject.UserName)).ToHashSet(StringComparer.Ordinal))
        {
            foreach (var group in Requester.Of(name).Groups)
                if (groups.TryGetValue(group, out var way)) Of(found, Subject.OfUser(name)).Add(way);
        }
    }

    // By the roles of one namespace, or by ClusterRoles, as far as somebody has them.
    private IEnumerable<Touch> Touching(string namespaceName, AccessQuestion question)
    {
        foreach (var role in _bound[namespaceName])
        {
            for (var i = 0; i < role.Rules.Length; i++)
            {
                var rule = role.Rules[i];
                if (Evaluator.Allows(rule, question)) yield return new Touch(role, i, Whole: true);
                else if (AllowsByName(rule, question)) yield return new Touch(role, i, Whole: false);
            }
        }
    }

    // No request to create an object or to delete a collection carries a name.
    private static bool AllowsByName(PolicyRule rule, AccessQuestion question) =>
        !rule.ResourceNames.IsEmpty
        && question is { IsResource: true, Name.Length: 0 }
        && question.Verb != "deletecollection"
        && (question.Verb != "create" || question.Subresource.Length > 0)
        && Evaluator.MatchesVerb(rule, question.Verb)
        && Evaluator.MatchesResource(rule, question.ApiGroup, question.Resource, question.Subresource);

    private static List<Reached> Of(Dictionary<Subject, List<Reached>> found, Subject subject)
    {
        if (!found.TryGetValue(subject, out var list)) found[subject] = list = [];
        return list;
    }

    private readonly record struct Touch(RoleObject Role, int Rule, bool Whole);
}

using System.Collections.Concurrent;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// What a probe is asked, remembered for each text of rules: a large role takes milliseconds to choose from, and when a thousand
/// grants of it end at once they all ask the same.
/// </summary>
internal static class ProbeQuestions
{
    // The roles of a catalogue are few; what is asked most is soon there again.
    private const int Most = 256;

    private static readonly ConcurrentDictionary<(string Rules, bool ClusterWide), AccessQuestion?> Known = new();

    /// <summary>One question that only this grant's binding answers with yes for its probe.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="rules">Canonical JSON of the role's rules.</param>
    /// <returns><see langword="null"/> if the rules allow nothing that can be asked.</returns>
    /// <exception cref="FormatException">Not the rules of a role.</exception>
    public static AccessQuestion? Of(Grant grant, string rules) => Of(grant, rules, () => RoleRules.Parse(rules));

    /// <summary>The same for rules that are at hand.</summary>
    public static AccessQuestion? Of(Grant grant, RoleRules rules) => Of(grant, rules.ToCanonicalJson(), () => rules);

    private static AccessQuestion? Of(Grant grant, string text, Func<RoleRules> rules)
    {
        var key = (text, grant.Namespace is null);
        if (!Known.TryGetValue(key, out var question))
        {
            question = ProbeQuestion.For(rules(), grant.Namespace is null);
            if (Known.Count >= Most) Known.Clear();
            Known[key] = question;
        }
        return question is { IsResource: true } ? question with { Namespace = grant.Namespace ?? "" } : question;
    }
}

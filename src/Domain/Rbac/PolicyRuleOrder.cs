using System.Collections.Immutable;

namespace Lapse.Domain.Rbac;

/// <summary>Orders rules by group, resource, name, URL, then verb; by UTF-16 code unit, so alike on every machine.</summary>
internal sealed class PolicyRuleOrder : IComparer<PolicyRule>
{
    internal static readonly PolicyRuleOrder Instance = new();

    public int Compare(PolicyRule? x, PolicyRule? y)
    {
        if (x is null || y is null) return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        var order = Compare(x.ApiGroups, y.ApiGroups);
        if (order == 0) order = Compare(x.Resources, y.Resources);
        if (order == 0) order = Compare(x.ResourceNames, y.ResourceNames);
        if (order == 0) order = Compare(x.NonResourceUrls, y.NonResourceUrls);
        return order != 0 ? order : Compare(x.Verbs, y.Verbs);
    }

    private static int Compare(ImmutableArray<string> x, ImmutableArray<string> y)
    {
        for (var i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            var order = string.CompareOrdinal(x[i], y[i]);
            if (order != 0) return order;
        }

        return x.Length.CompareTo(y.Length);
    }
}

using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.State;

/// <summary>Selects objects by their labels, as <c>metav1.LabelSelector</c> does: all of it must hold.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must have exactly these values.</summary>
    public ImmutableSortedDictionary<string, string> MatchLabels { get; init; } = RbacObject.NoTexts;

    /// <summary>Further conditions.</summary>
    public ImmutableArray<LabelRequirement> MatchExpressions { get; init; } = [];

    /// <summary>Whether these labels are selected. An empty selector selects everything.</summary>
    public bool Matches(ImmutableSortedDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        return MatchLabels.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value)
            && MatchExpressions.All(expression => expression.Matches(labels));
    }

    /// <summary>The labels by which an object would be selected, for words: such as <c>rbac.example.com/aggregate-to-admin=true</c>.</summary>
    public override string ToString() => string.Join(", ", MatchLabels.Select(label => $"{label.Key}={label.Value}").Concat(MatchExpressions.Select(e => e.ToString())));
}

/// <summary>One condition on a label.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator"><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>; any other never holds.</param>
/// <param name="Values">The values for <c>In</c> and <c>NotIn</c>.</param>
public sealed record LabelRequirement(string Key, string Operator, ImmutableArray<string> Values)
{
    /// <summary>Whether it holds. <c>NotIn</c> holds without the label as well.</summary>
    /// <remarks>Source: k8s.io/apimachinery, pkg/labels/selector.go (Requirement.Matches).</remarks>
    public bool Matches(ImmutableSortedDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var has = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            "In" => has && Values.Contains(value!),
            "NotIn" => !has || !Values.Contains(value!),
            "Exists" => has,
            "DoesNotExist" => !has,
            _ => false,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Operator is "Exists" ? Key : Operator is "DoesNotExist" ? $"!{Key}" : $"{Key} {Operator} ({string.Join(", ", Values)})";
}

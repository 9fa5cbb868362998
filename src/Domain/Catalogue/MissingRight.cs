namespace Lapse.Domain.Catalogue;

/// <summary>One rule that Lapse lacks on a cluster.</summary>
/// <param name="Namespace">Where; <see langword="null"/> for the whole cluster.</param>
/// <param name="RuleYaml">The rule, as it goes under <c>rules:</c> of a Role or ClusterRole.</param>
/// <param name="Words">The same for people, such as “bind clusterroles edit in payments-prod”.</param>
public sealed record MissingRight(string? Namespace, string RuleYaml, string Words = "")
{
    /// <summary>Into what kind of role the rule goes.</summary>
    public string Place => Namespace is null ? "In a ClusterRole:" : $"In a Role of namespace {Namespace}:";

    /// <inheritdoc/>
    public override string ToString() => $"{Place}\n{RuleYaml}";
}

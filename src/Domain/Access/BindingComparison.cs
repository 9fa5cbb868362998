namespace Lapse.Domain.Access;

/// <summary>How a binding in a cluster compares with the one that was wanted.</summary>
public abstract record BindingComparison
{
    private BindingComparison() { }

    /// <summary>Name, place, role, subjects, labels, annotations and signature are those that were wanted.</summary>
    public sealed record Same : BindingComparison;

    /// <summary>It has our name, but is not what Lapse wrote. Nobody loses anything by its deletion but the access that it gives.</summary>
    /// <param name="Differences">Each difference, in words for a ledger entry.</param>
    public sealed record Altered(IReadOnlyList<string> Differences) : BindingComparison;

    /// <summary>It is another object. It is left alone whatever it wears, so that nobody can use Lapse to delete for them.</summary>
    /// <param name="Why">What shows it.</param>
    public sealed record Foreign(string Why) : BindingComparison;

    /// <summary>Compares. What other tools add under keys of their own is theirs; under <c>lapse.dev/</c> nothing may differ.</summary>
    /// <param name="wanted">The binding that was signed.</param>
    /// <param name="signature">Its signature.</param>
    /// <param name="actual">The object in the cluster.</param>
    public static BindingComparison Of(BindingSpec wanted, string signature, BindingObject actual)
    {
        var expected = wanted.ToObject(signature);
        if (actual.Name != expected.Name) return new Foreign($"its name is {actual.Name}, not {expected.Name}");
        if (actual.Namespace != expected.Namespace) return new Foreign($"it is in {Place(actual)}, not in {Place(expected)}");

        var differences = new List<string>();
        if (actual.RoleRef != expected.RoleRef) differences.Add($"it refers to {actual.RoleRef}, not to {expected.RoleRef}");
        CompareSubjects(expected.Subjects, actual.Subjects, differences);
        CompareKeys("label", expected.Labels, actual.Labels, differences);
        CompareKeys("annotation", expected.Annotations, actual.Annotations, differences);
        differences.AddRange(actual.Finalizers.Select(finalizer => $"finalizer {finalizer} was added"));
        return differences.Count == 0 ? new Same() : new Altered(differences);
    }

    private static string Place(BindingObject binding) => binding.Namespace is null ? "the whole cluster" : $"namespace {binding.Namespace}";

    private static void CompareSubjects(IReadOnlyList<BindingSubject> expected, IReadOnlyList<BindingSubject> actual, List<string> differences)
    {
        var missing = expected.ToList();
        foreach (var subject in actual)
            if (!missing.Remove(subject)) differences.Add($"subject {subject} was added");
        differences.AddRange(missing.Select(subject => $"subject {subject} was removed"));
    }

    private static void CompareKeys(
        string what, IReadOnlyDictionary<string, string> expected, IReadOnlyDictionary<string, string> actual, List<string> differences)
    {
        foreach (var (key, value) in expected.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!actual.TryGetValue(key, out var found)) differences.Add($"{what} {key} was removed");
            else if (found != value) differences.Add($"{what} {key} was changed");
        }
        foreach (var key in actual.Keys.Where(key => key.StartsWith(BindingKeys.Domain, StringComparison.Ordinal) && !expected.ContainsKey(key)).Order(StringComparer.Ordinal))
            differences.Add($"{what} {key} was added");
    }
}

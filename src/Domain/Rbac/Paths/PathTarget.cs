namespace Lapse.Domain.Rbac.Paths;

/// <summary>What a path is asked to reach.</summary>
public sealed record PathTarget
{
    private PathTarget()
    {
    }

    /// <summary>The namespace whose Secrets are meant; <see langword="null"/> for other targets.</summary>
    public string? SecretsNamespace { get; private init; }

    /// <summary>The act that is meant; <see langword="null"/> for other targets.</summary>
    public AccessQuestion? Act { get; private init; }

    /// <summary>Everything in the whole cluster.</summary>
    public static PathTarget ClusterAdmin { get; } = new();

    /// <summary>Reading any Secret of a namespace.</summary>
    public static PathTarget SecretsIn(string namespaceName) => new() { SecretsNamespace = namespaceName };

    /// <summary>Any act.</summary>
    public static PathTarget To(AccessQuestion act) => new() { Act = act };
}

/// <summary>How far paths are followed.</summary>
public sealed record PathLimits
{
    /// <summary>How many paths at most.</summary>
    public int Most { get; init; } = 5;

    /// <summary>How many steps a path has at most; as many as it takes, unless somebody says otherwise: “ever” has no end.</summary>
    public int Longest { get; init; } = int.MaxValue;

    /// <summary>Whether steps that assume something are left out.</summary>
    public bool OnlyCertain { get; init; }
}

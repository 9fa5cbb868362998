using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Asks who reaches the sensitive places of a cluster.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Search">Part of a subject's name; empty for all.</param>
/// <param name="Kind">Only subjects of this kind; <see langword="null"/> for all.</param>
/// <param name="WithKubernetes">Whether those are shown, too, who have it by bindings that Kubernetes brings alone.</param>
public sealed record RbacMatrixAsk(string Cluster, string Search, SubjectKind? Kind, bool WithKubernetes)
{
    /// <summary>The privileged namespace whose places are shown beside the widest; empty for all, as one place each where any was learnt.</summary>
    public string Namespace { get; init; } = "";
}

/// <summary>A namespace whose control is control of the cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Because">Who makes it one by being there; <see langword="null"/> where the settings name it.</param>
public sealed record PrivilegedNamespace(string Name, Subject? Because);

/// <summary>Who reaches which sensitive place.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Places">The places, the widest first.</param>
/// <param name="Rows">Who reaches any, those who reach most first; at most <see cref="Most"/>.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Hidden">How many more have it by Kubernetes' own bindings alone.</param>
/// <param name="NotComplete">What could not be read, so that there may be more.</param>
public sealed record RbacMatrixView(RbacHead Head, IReadOnlyList<string> Places, IReadOnlyList<MatrixRow> Rows, int Total, int Hidden, IReadOnlyList<string> NotComplete)
{
    /// <summary>The most rows that are shown.</summary>
    public const int Most = 200;

    /// <summary>The privileged namespaces.</summary>
    public IReadOnlyList<PrivilegedNamespace> Namespaces { get; init; } = [];

    /// <summary>How many more have it by a group alone that everybody is in, which has a row.</summary>
    public int ByEverybody { get; init; }
}

/// <summary>What somebody reaches.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Cells">For each place what they reach of it; <see langword="null"/> for nothing.</param>
public sealed record MatrixRow(Subject Subject, IReadOnlyList<MatrixCell?> Cells);

/// <summary>What somebody reaches of a place.</summary>
/// <param name="Whole">Whether it is all of it; otherwise only objects that the rules name.</param>
/// <param name="Through">The group that the API server puts them in, if they have it by that alone.</param>
/// <param name="By">The binding that gives it, and how many more do.</param>
public sealed record MatrixCell(bool Whole, string? Through, string By);

using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>One thing that the audit looks for. Its id never changes its meaning, since acceptances and scripts refer to it.</summary>
/// <param name="Id">A stable id, such as <c>LR003</c>.</param>
/// <param name="Title">What it finds, in a few words, such as “Reads Secrets”.</param>
/// <param name="Attack">What somebody could do with it, in a sentence.</param>
/// <param name="Fix">What to do about it, in general; a finding may say more.</param>
public sealed record Check(string Id, string Title, string Attack, string Fix)
{
    /// <summary>Ids of the CIS Kubernetes Benchmark, such as <c>5.1.2</c>; empty where none exists.</summary>
    public ImmutableArray<string> Cis { get; init; } = [];

    /// <summary>Ids of MITRE ATT&amp;CK techniques, such as <c>T1552.007</c>; empty where none exists.</summary>
    public ImmutableArray<string> Mitre { get; init; } = [];

    /// <summary>How grave it is where, in a few words.</summary>
    public string Gravity { get; init; } = "";

    /// <summary>The parts of the state that it needs (see <see cref="State.RbacState.Parts"/>); without one it is not evaluated.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];
}

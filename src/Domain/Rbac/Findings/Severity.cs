namespace Lapse.Domain.Rbac.Findings;

/// <summary>How much harm a finding can do, from little to most.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Untidy, or harmful only together with something else.</summary>
    Low,

    /// <summary>More than a narrow task needs.</summary>
    Medium,

    /// <summary>Reaches data or workloads of others, or takes one more step to become administrator.</summary>
    High,

    /// <summary>Is, or becomes in one step, administrator of the cluster.</summary>
    Critical,
}

using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What is needed to bring a grant up, once everything was checked.</summary>
/// <param name="Facts">The rows.</param>
/// <param name="Link">The way to the cluster.</param>
/// <param name="Question">What the probe is asked about.</param>
/// <param name="AlreadyHadBy">What lets the person do this without Lapse, in the API server's words; for information.</param>
internal sealed record ProvisionPlan(GrantFacts Facts, ClusterLink Link, AccessQuestion Question, string? AlreadyHadBy);

/// <summary>What came of checking everything anew.</summary>
internal abstract record CheckResult
{
    private CheckResult() { }

    /// <summary>All is well.</summary>
    public sealed record Ready(ProvisionPlan Plan) : CheckResult;

    /// <summary>It cannot be granted.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Refusal">The code and the words.</param>
    /// <param name="Alert">Whether somebody has to look into it.</param>
    public sealed record Refused(FailureReason Reason, Refusal Refusal, bool Alert) : CheckResult;

    /// <summary>The role allows more than what was approved.</summary>
    /// <param name="Facts">The rows.</param>
    /// <param name="Now">What it allows now.</param>
    public sealed record Widened(GrantFacts Facts, RoleRules Now) : CheckResult;

    /// <summary>It cannot be said now.</summary>
    public sealed record Blocked(string Words) : CheckResult;
}

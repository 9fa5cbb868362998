using System.Collections.Immutable;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>A check that could not be made, or not completely.</summary>
/// <param name="Check">The id of the check; empty where it concerns all.</param>
/// <param name="Why">What was missing, in a sentence.</param>
public sealed record NotEvaluated(string Check, string Why);

/// <summary>What an audit found.</summary>
/// <param name="Findings">The gravest first, then by check and fingerprint.</param>
/// <param name="NotEvaluated">What could not be looked at: never the same as passed.</param>
public sealed record AuditResult(ImmutableArray<Finding> Findings, ImmutableArray<NotEvaluated> NotEvaluated);

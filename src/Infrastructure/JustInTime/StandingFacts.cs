using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;

namespace Lapse.Infrastructure.JustInTime;

/// <summary>The rows that the removal of a standing binding leans on, after their evidence was verified.</summary>
/// <param name="Removal">How far it got.</param>
/// <param name="Said">What was reviewed.</param>
/// <param name="Reviewed">The binding, as the change's step-ups commit to it.</param>
/// <param name="Cluster">Where.</param>
internal sealed record StandingFacts(StandingRemoval Removal, JustInTimeChange Said, ReviewedBinding Reviewed, Cluster Cluster);

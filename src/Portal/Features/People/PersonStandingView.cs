using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.People;

/// <summary>Asks what stands in somebody's name in the clusters' RBAC.</summary>
/// <param name="Person">Who.</param>
public sealed record PersonStandingAsk(PersonId Person);

/// <summary>What clusters give somebody without Lapse, and until somebody takes it away.</summary>
/// <param name="Clusters">The clusters, by title.</param>
public sealed record PersonStandingView(IReadOnlyList<ClusterStanding> Clusters);

/// <summary>What stands in one cluster.</summary>
/// <param name="Cluster">Its short name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Environment">How much hangs on it.</param>
/// <param name="Named">The names of theirs that standing bindings have: their own, then their groups'.</param>
/// <param name="Unknown">What is not known, so that there may be more; empty if all is.</param>
public sealed record ClusterStanding(string Cluster, string Title, ClusterEnvironment Environment, IReadOnlyList<StandingName> Named, IReadOnlyList<string> Unknown);

/// <summary>A name that standing bindings have.</summary>
/// <param name="Subject">The person, as the cluster calls them, or a group of theirs.</param>
/// <param name="Bindings">How many bindings.</param>
public sealed record StandingName(Subject Subject, int Bindings);

namespace Lapse.Domain.JustInTime;

/// <summary>Somebody who signed in to Lapse at least once, as a cluster knows them.</summary>
/// <param name="Id">Who.</param>
/// <param name="Name">Their name.</param>
/// <param name="ClusterUserName">What they are called in the cluster; empty where their sign-in does not say.</param>
/// <param name="ClusterGroups">The groups that the cluster sees; <see langword="null"/> where Lapse does not know which.</param>
/// <param name="Groups">The groups of the provider; <see langword="null"/> where the newest token did not say.</param>
public sealed record KnownPerson(PersonId Id, string Name, string ClusterUserName, IReadOnlyList<string>? ClusterGroups, IReadOnlyList<string>? Groups);

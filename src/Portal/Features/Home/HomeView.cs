using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Features.Home;

/// <summary>Asks for what concerns whoever looks.</summary>
public sealed record HomeAsk;

/// <summary>What somebody holds, has asked for, and is waited for.</summary>
/// <param name="Held">Access that is live, late or to come, what ends first in front.</param>
/// <param name="Open">Own drafts and requests that wait, newest first.</param>
/// <param name="Waiting">Requests that wait for this person's decision, oldest first.</param>
/// <param name="HasMoreWaiting">Whether there are more of those.</param>
/// <param name="MayAsk">Whether the catalogue has anything for this person.</param>
public sealed record HomeView(IReadOnlyList<HeldAccess> Held, IReadOnlyList<RequestRow> Open, IReadOnlyList<RequestRow> Waiting, bool HasMoreWaiting, bool MayAsk);

/// <summary>An access with the place that it is for.</summary>
/// <param name="Grant">The access.</param>
/// <param name="Title">What its catalogue entry is called.</param>
/// <param name="Environment">How much hangs on the place.</param>
/// <param name="Cluster">The cluster's title.</param>
/// <param name="MayExtend">Whether more time can be asked for now.</param>
public sealed record HeldAccess(GrantView Grant, string Title, Domain.Catalogue.ClusterEnvironment Environment, string Cluster, bool MayExtend = false);

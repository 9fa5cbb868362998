using Lapse.Domain.Rbac.State;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Asks who can do something, as somebody types it. Each text may be empty or anything else.</summary>
/// <param name="Cluster">The cluster's short name.</param>
/// <param name="Verb">The verb.</param>
/// <param name="Resource">As <c>secrets</c>, <c>pods/log</c>, <c>deployments.apps</c>, a kind such as <c>Secret</c>, or a path such as <c>/metrics</c>.</param>
/// <param name="Namespace">The namespace; empty for any.</param>
/// <param name="Name">The object's name; empty for all objects.</param>
public sealed record WhoCanAsk(string Cluster, string Verb, string Resource, string Namespace, string Name);

/// <summary>Who can do it, and what can be asked.</summary>
/// <param name="Head">The cluster.</param>
/// <param name="Verbs">Verbs that can be asked of the resource.</param>
/// <param name="Resources">What the cluster serves, or what its roles name.</param>
/// <param name="Namespaces">The cluster's namespaces.</param>
/// <param name="Answer">The answer; <see langword="null"/> while the question is not whole.</param>
public sealed record WhoCanView(RbacHead Head, IReadOnlyList<string> Verbs, IReadOnlyList<string> Resources, IReadOnlyList<string> Namespaces, WhoCanAnswer? Answer);

/// <summary>Who can do what was asked.</summary>
/// <param name="Question">What was understood, in words.</param>
/// <param name="Notes">What has to be known to read the answer rightly.</param>
/// <param name="Holders">Who can: people and groups of the organisation before what Kubernetes brings.</param>
/// <param name="Total">How many there are, also those that are not listed.</param>
/// <param name="ByName">Who can do it to objects that their rules name, and to no other.</param>
/// <param name="TotalByName">How many there are of these.</param>
public sealed record WhoCanAnswer(string Question, IReadOnlyList<string> Notes, IReadOnlyList<WhoCanHolder> Holders, int Total, IReadOnlyList<WhoCanHolder> ByName, int TotalByName)
{
    /// <summary>The most that are listed.</summary>
    public const int Most = 200;
}

/// <summary>Somebody who can.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Through">The group that the API server puts them in, if they have it by that.</param>
/// <param name="Note">What is not known of them, such as who is in a group; empty for nothing.</param>
/// <param name="Via">Through what, at most <see cref="MostVia"/>.</param>
/// <param name="TotalVia">Through how many rules in all.</param>
/// <param name="IsKubernetes">Whether all of it comes from bindings that Kubernetes itself brings.</param>
public sealed record WhoCanHolder(Subject Subject, string? Through, string Note, IReadOnlyList<WhoCanVia> Via, int TotalVia, bool IsKubernetes)
{
    /// <summary>The most ways that are listed of one.</summary>
    public const int MostVia = 5;
}

/// <summary>A rule of a role through a binding.</summary>
/// <param name="Where">The binding's namespace; empty for the whole cluster.</param>
/// <param name="Binding">The binding.</param>
/// <param name="Role">The role.</param>
/// <param name="Rule">Which rule, from 1.</param>
/// <param name="Line">The rule in a line.</param>
public sealed record WhoCanVia(string Where, string Binding, string Role, int Rule, string Line);

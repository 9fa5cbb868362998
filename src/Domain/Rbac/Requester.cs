using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>Who asks an API server, as its authenticator knows them.</summary>
public sealed record Requester
{
    /// <summary>Every user who was authenticated.</summary>
    public const string Authenticated = "system:authenticated";

    /// <summary>Whoever was not authenticated.</summary>
    public const string Unauthenticated = "system:unauthenticated";

    /// <summary>The user name of whoever was not authenticated.</summary>
    public const string Anonymous = "system:anonymous";

    /// <summary>Every ServiceAccount; with <c>:NAMESPACE</c> every one of a namespace.</summary>
    public const string ServiceAccounts = "system:serviceaccounts";

    /// <summary>Who belongs to it may do everything, before RBAC is asked.</summary>
    public const string Masters = "system:masters";

    private Requester(string name, ImmutableArray<string> groups) => (Name, Groups) = (name, groups);

    /// <summary>The user name.</summary>
    public string Name { get; }

    /// <summary>All groups, the implicit ones among them.</summary>
    public ImmutableArray<string> Groups { get; }

    /// <summary>Whether RBAC is not asked at all.</summary>
    public bool IsMaster => Groups.Contains(Masters);

    /// <summary>
    /// A user with the groups that the API server adds by itself: of a ServiceAccount those of all ServiceAccounts and of its
    /// namespace, of the anonymous user <c>system:unauthenticated</c>, of everybody else <c>system:authenticated</c>.
    /// </summary>
    /// <remarks>
    /// Source: k8s.io/apiserver, endpoints/filters/impersonation.go and authentication/serviceaccount/util.go (MakeGroupNames).
    /// </remarks>
    public static Requester Of(string name, IEnumerable<string>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        var all = ImmutableArray.CreateBuilder<string>();
        all.AddRange(groups ?? []);
        if (Subject.OfUser(name) is { Kind: SubjectKind.ServiceAccount } account) all.AddRange(ImplicitGroups(account));
        else if (name == Anonymous) all.Add(Unauthenticated);
        else if (!all.Contains(Unauthenticated)) all.Add(Authenticated);
        return new Requester(name, [.. all.Distinct(StringComparer.Ordinal)]);
    }

    /// <summary>Exactly these groups and no other, as a SubjectAccessReview asks.</summary>
    public static Requester Exactly(string name, IEnumerable<string> groups) => new(name, [.. groups]);

    /// <summary>A subject alone: a user or ServiceAccount with its implicit groups, or somebody who has only this group.</summary>
    public static Requester Of(Subject subject) => subject.Kind == SubjectKind.Group ? Exactly("", [subject.Name]) : Of(subject.UserName);

    /// <summary>The groups that every ServiceAccount has.</summary>
    public static ImmutableArray<string> ImplicitGroups(Subject account) =>
        [ServiceAccounts, $"{ServiceAccounts}:{account.Namespace}", Authenticated];
}

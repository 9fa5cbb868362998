using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;

namespace Lapse.Portal.Features.Requests;

/// <summary>Says what a request or grant is about, the same everywhere.</summary>
public static class RequestWords
{
    /// <summary>Such as “admin in web-prod”, “edit in payments-prod and payments-staging” or “cluster-admin in the whole cluster”.</summary>
    public static string What(string role, IReadOnlyCollection<string> namespaces) => $"{role} in {Where(namespaces)}";

    /// <summary>Such as “admin in web-prod”.</summary>
    public static string What(AccessRequest request) => What(request.RoleName, request.Namespaces);

    /// <summary>Such as “admin in web-prod”.</summary>
    public static string What(Grant grant) => What(grant.RoleName, grant.Namespace is { } ns ? [ns] : []);

    /// <summary>Such as “web-prod” or “the whole cluster”.</summary>
    public static string Where(IReadOnlyCollection<string> namespaces) => namespaces.Count switch
    {
        0 => "the whole cluster",
        1 => namespaces.First(),
        <= 4 => string.Join(", ", namespaces.Take(namespaces.Count - 1)) + " and " + namespaces.Last(),
        _ => $"{string.Join(", ", namespaces.Take(3))} and {Words.Count(namespaces.Count - 3, "more namespace")}",
    };

    /// <summary>The address of a request's page.</summary>
    public static string Address(AccessRequestId id) => $"/requests/{id}";

    /// <summary>The address at which more time is asked for.</summary>
    public static string ExtendAddress(AccessRequestId id) => $"/requests/new?extend={id}";

    /// <summary>The environment in a word.</summary>
    public static string Environment(ClusterEnvironment environment) => environment switch
    {
        ClusterEnvironment.Production => "production",
        ClusterEnvironment.Staging => "staging",
        ClusterEnvironment.Development => "development",
    };
}

namespace Lapse.Domain.Rbac;

/// <summary>One request to an API server as its authorizer sees it: for a resource, or for a URL that is none.</summary>
public sealed record AccessQuestion
{
    /// <summary>The verb, such as <c>get</c> or <c>deletecollection</c>; never empty.</summary>
    public required string Verb { get; init; }

    /// <summary>The API group; empty is the core group.</summary>
    public string ApiGroup { get; init; } = "";

    /// <summary>The resource in its plural, without subresource.</summary>
    public string Resource { get; init; } = "";

    /// <summary>The subresource, such as <c>log</c>; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>
    /// The object's name; empty for <c>create</c>, <c>deletecollection</c>, and for <c>list</c> and <c>watch</c> unless a
    /// field selector asks for one <c>metadata.name</c> (the API server then takes that name).
    /// </summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// The namespace; empty for cluster-scoped resources and for all namespaces. A request for one Namespace has it as its
    /// namespace too, so that a RoleBinding inside may allow it.
    /// </summary>
    /// <remarks>Source: k8s.io/apiserver, endpoints/request/requestinfo.go (NewRequestInfo).</remarks>
    public string Namespace { get; init; } = "";

    /// <summary>The path, if this is no request for a resource; all fields but <see cref="Verb"/> are empty then.</summary>
    public string? NonResourceUrl { get; init; }

    /// <summary>Whether it asks for a resource.</summary>
    public bool IsResource => NonResourceUrl is null;

    /// <summary>A request for a resource.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="apiGroup">The API group; empty is the core group.</param>
    /// <param name="resource"><c>pods</c>, or with its subresource <c>pods/log</c>.</param>
    /// <param name="name">The object's name, if the request has one.</param>
    /// <param name="namespaceName">The namespace, if the request has one.</param>
    public static AccessQuestion For(string verb, string apiGroup, string resource, string name = "", string namespaceName = "")
    {
        ArgumentNullException.ThrowIfNull(resource);
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        return new AccessQuestion
        {
            Verb = verb,
            ApiGroup = apiGroup,
            Resource = slash < 0 ? resource : resource[..slash],
            Subresource = slash < 0 ? "" : resource[(slash + 1)..],
            Name = name,
            Namespace = namespaceName,
        };
    }

    /// <summary>Such as “get pods/log in payments-prod”.</summary>
    public override string ToString() => NonResourceUrl is { } path ? $"{Verb} {path}"
        : $"{Verb} {Resource}{(Subresource.Length > 0 ? "/" + Subresource : "")}{(Name.Length > 0 ? " " + Name : "")}{(Namespace.Length > 0 ? " in " + Namespace : "")}";

    /// <summary>A request for a path that is no resource.</summary>
    public static AccessQuestion ForUrl(string verb, string path) => new() { Verb = verb, NonResourceUrl = path };
}

namespace Lapse.Domain.Rbac.State;

/// <summary>A subject as a binding writes it (<c>rbac.authorization.k8s.io/v1 Subject</c>).</summary>
/// <param name="Kind"><c>User</c>, <c>Group</c> or <c>ServiceAccount</c>; any other kind never matches anybody.</param>
/// <param name="Name">The name.</param>
/// <param name="Namespace">The namespace as written; only a ServiceAccount's counts.</param>
/// <param name="ApiGroup">The group as written; the authorizer does not look at it.</param>
public sealed record BindingSubject(string Kind, string Name, string Namespace = "", string ApiGroup = "")
{
    /// <summary>
    /// Whom it means in a binding of this namespace, or <see langword="null"/> if it can never match: in a RoleBinding a
    /// ServiceAccount without a namespace is in that of the binding, in a ClusterRoleBinding it is nobody.
    /// </summary>
    /// <param name="bindingNamespace">The namespace of the RoleBinding; empty for a ClusterRoleBinding.</param>
    /// <remarks>Source: kubernetes, pkg/registry/rbac/validation/rule.go (appliesToUser).</remarks>
    public Subject? Means(string bindingNamespace) => Kind switch
    {
        "User" => Subject.OfUser(Name),
        "Group" => Subject.OfGroup(Name),
        "ServiceAccount" when Namespace.Length > 0 => Subject.OfAccount(Namespace, Name),
        "ServiceAccount" when bindingNamespace.Length > 0 => Subject.OfAccount(bindingNamespace, Name),
        _ => null,
    };
}

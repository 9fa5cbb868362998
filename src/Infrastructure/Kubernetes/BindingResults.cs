using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Kubernetes;

/// <summary>What came of creating a binding.</summary>
public abstract record CreateBindingResult
{
    private CreateBindingResult() { }

    /// <summary>It is there. Whether it works yet is for a probe to say.</summary>
    /// <param name="Uid">The object's UID, by which alone it may be deleted.</param>
    /// <param name="CreatedAt">The server's creation time, whole seconds.</param>
    public sealed record Created(string Uid, DateTimeOffset CreatedAt) : CreateBindingResult;

    /// <summary>An object of this name is there; it is ours only if <see cref="BindingComparison"/> says so.</summary>
    public sealed record AlreadyExists : CreateBindingResult;

    /// <summary>There is no such namespace, or it is about to go.</summary>
    public sealed record NamespaceGone : CreateBindingResult;

    /// <summary>There is no such role.</summary>
    public sealed record RoleGone : CreateBindingResult;

    /// <summary>Lapse may not create it; nothing was created.</summary>
    /// <param name="Message">The API server's reason in one line.</param>
    public sealed record Forbidden(string Message) : CreateBindingResult;

    /// <summary>The API server, or a policy in it, does not take it; nothing was created.</summary>
    /// <param name="Message">The API server's reason in one line.</param>
    public sealed record Invalid(string Message) : CreateBindingResult;

    /// <summary>Nobody knows: the request may have been carried out although no answer came.</summary>
    /// <param name="Failure">What went wrong.</param>
    public sealed record Unknown(ClusterFailure Failure) : CreateBindingResult;
}

/// <summary>What a look at a binding by name found.</summary>
public abstract record GetBindingResult
{
    private GetBindingResult() { }

    /// <summary>An object of this name is there.</summary>
    /// <param name="Binding">The object, with its UID.</param>
    public sealed record Found(BindingObject Binding) : GetBindingResult;

    /// <summary>The API server says that no such object is there; also when its namespace is gone.</summary>
    public sealed record NotFound : GetBindingResult;

    /// <summary>Nobody knows.</summary>
    /// <param name="Failure">What went wrong.</param>
    public sealed record Unknown(ClusterFailure Failure) : GetBindingResult;
}

/// <summary>What came of deleting a binding.</summary>
public abstract record DeleteBindingResult
{
    private DeleteBindingResult() { }

    /// <summary>The API server took the deletion. A finalizer may still hold the object: only a look by name proves that it is gone.</summary>
    public sealed record Deleted : DeleteBindingResult;

    /// <summary>No such object was there.</summary>
    public sealed record NotFound : DeleteBindingResult;

    /// <summary>An object of this name is there, but it is another one, or not as it was; nothing was deleted.</summary>
    public sealed record UidConflict : DeleteBindingResult;

    /// <summary>Lapse may not delete it.</summary>
    /// <param name="Message">The API server's reason in one line.</param>
    public sealed record Forbidden(string Message) : DeleteBindingResult;

    /// <summary>Nobody knows: the request may have been carried out although no answer came.</summary>
    /// <param name="Failure">What went wrong.</param>
    public sealed record Unknown(ClusterFailure Failure) : DeleteBindingResult;
}

/// <summary>Where to look for bindings.</summary>
/// <param name="Namespaces">These namespaces' RoleBindings.</param>
/// <param name="ClusterWide">Whether ClusterRoleBindings too.</param>
public sealed record BindingScope(IReadOnlyCollection<string> Namespaces, bool ClusterWide);

/// <summary>Bindings, and the time at which the API server listed them.</summary>
/// <param name="Bindings">The bindings.</param>
/// <param name="ServerTime">The newest <c>Date</c> header among the answers; <see langword="null"/> if the server sends none.</param>
public sealed record BindingList(IReadOnlyList<BindingObject> Bindings, DateTimeOffset? ServerTime);

/// <summary>Something may have happened; presence is then decided by a look by name.</summary>
/// <param name="Namespace">Where; <see langword="null"/> for ClusterRoleBindings.</param>
/// <param name="Name">To which binding; <see langword="null"/> for any, after the watch had a gap.</param>
public sealed record BindingWake(string? Namespace, string? Name);

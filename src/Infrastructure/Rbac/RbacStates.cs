using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Infrastructure.Rbac;

/// <summary>Puts a state together, always in the same order: by namespace and name.</summary>
internal static class RbacStates
{
    /// <summary>The state of these objects.</summary>
    public static RbacState Of(IEnumerable<RbacObject> objects, ImmutableArray<ServedResource> served, IEnumerable<Gap> gaps)
    {
        var all = objects.ToLookup(found => found.GetType());
        return new()
        {
            Roles = Sorted<RoleObject>(all),
            Bindings = Sorted<BindingObject>(all),
            ServiceAccounts = Sorted<ServiceAccountObject>(all),
            Namespaces = Sorted<NamespaceObject>(all),
            Workloads = Sorted<WorkloadObject>(all),
            Tokens = Sorted<TokenSecretObject>(all),
            Served = served,
            Gaps = [.. gaps],
        };
    }

    private static ImmutableArray<T> Sorted<T>(ILookup<Type, RbacObject> all) where T : RbacObject =>
        [.. all[typeof(T)].Cast<T>().OrderBy(found => found.Kind, StringComparer.Ordinal).ThenBy(found => found.Namespace, StringComparer.Ordinal).ThenBy(found => found.Name, StringComparer.Ordinal)];
}

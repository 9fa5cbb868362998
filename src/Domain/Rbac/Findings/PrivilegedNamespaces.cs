using System.Collections.Frozen;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>Namespaces whose control is control of the cluster, beside those that somebody names.</summary>
public static class PrivilegedNamespaces
{
    /// <summary>Those where a ServiceAccount is that becomes administrator of the cluster, each with the first such one.</summary>
    /// <param name="state">The state as it was read.</param>
    /// <param name="paths">Who becomes whom in it.</param>
    public static FrozenDictionary<string, Subject> Learnt(RbacState state, AttackPaths paths)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(paths);
        var exist = state.IsWhole("serviceaccounts") ? state.ServiceAccounts.Select(account => account.Subject).ToHashSet() : null;
        return paths.AccountsThatBecomeAdmin().Where(account => account.Kind == SubjectKind.Group || exist?.Contains(account) != false)
            .GroupBy(account => AttackPaths.NamespaceOf(account)!, StringComparer.Ordinal)
            .ToFrozenDictionary(space => space.Key, space => space.Min(SubjectOrder.Instance), StringComparer.Ordinal);
    }
}

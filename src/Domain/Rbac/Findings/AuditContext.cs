using System.Collections.Frozen;
using System.Collections.Immutable;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>What the checks of one scan share.</summary>
internal sealed class AuditContext
{
    private readonly Dictionary<(string, string), ImmutableArray<int>> _beyond = [];
    private readonly Dictionary<Subject, ImmutableArray<Holding>> _holdings = [];
    private readonly FrozenSet<Subject> _admins;
    private readonly FrozenDictionary<string, Subject> _learnt;

    internal AuditContext(RbacIndex index, AuditSettings settings, AuditRecords records)
    {
        Read = index.State;
        var completed = KubernetesDefaults.Completed(index.State);
        Index = ReferenceEquals(completed, index.State) ? index : new RbacIndex(completed);
        (Settings, Records, Paths) = (settings, records, new AttackPaths(Index));
        _admins = Paths.AccountsThatBecomeAdmin().ToFrozenSet();
        _learnt = PrivilegedNamespaces.Learnt(Read, Paths);
    }

    /// <summary>The state as it was read.</summary>
    internal RbacState Read { get; }

    /// <summary>The state as the cluster has it: for manifests with the defaults of every cluster.</summary>
    internal RbacIndex Index { get; }

    internal AuditSettings Settings { get; }

    internal AuditRecords Records { get; }

    internal AttackPaths Paths { get; }

    /// <summary>Whether control of this namespace is control of the cluster.</summary>
    internal bool IsPrivileged(string space) => Settings.PrivilegedNamespaces.Contains(space) || _learnt.ContainsKey(space);

    /// <summary>Why a namespace is privileged, in words.</summary>
    internal string WhyPrivileged(string space) => Settings.PrivilegedNamespaces.Contains(space)
        ? "which is named as privileged"
        : $"which is privileged since {_learnt[space]} is there, who becomes administrator of the cluster";

    /// <summary>The ServiceAccounts that become administrator of the cluster.</summary>
    internal IEnumerable<Subject> Admins => _admins;

    /// <summary>Whether a ServiceAccount becomes administrator of the cluster.</summary>
    internal bool BecomesAdmin(Subject subject) => _admins.Contains(subject);

    /// <summary>The rules of a role that a subject has by a binding beyond what Kubernetes gives it by default.</summary>
    internal ImmutableArray<int> Rules(BindingObject binding, RoleObject role, Subject subject) =>
        KubernetesDefaults.Gives(binding, subject) ? Beyond(role) : [.. Enumerable.Range(0, role.Rules.Length)];

    /// <summary>The rules of a role beyond those of a default role of its name.</summary>
    internal ImmutableArray<int> Beyond(RoleObject role)
    {
        var key = (role.Namespace, role.Name);
        if (!_beyond.TryGetValue(key, out var rules)) _beyond[key] = rules = KubernetesDefaults.Beyond(role);
        return rules;
    }

    /// <summary>All that somebody has, through implicit groups too.</summary>
    internal ImmutableArray<Holding> Holdings(Subject subject)
    {
        if (!_holdings.TryGetValue(subject, out var holdings)) _holdings[subject] = holdings = Index.WhatCan(Requester.Of(subject));
        return holdings;
    }

    /// <summary>Whether somebody can do any of this, anywhere.</summary>
    internal bool Can(Subject subject, params ReadOnlySpan<Target> targets)
    {
        foreach (var holding in Holdings(subject))
            foreach (var target in targets)
                if (holding.Role is { } role && (holding.Binding.IsClusterWide || !RuleMatch.NeedsCluster(target)) && role.Rules.Any(rule => RuleMatch.Verbs(rule, target).Length > 0)) return true;
        return false;
    }
}

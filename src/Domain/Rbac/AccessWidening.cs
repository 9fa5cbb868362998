using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>A role that allows more than before, whether or not somebody has it.</summary>
/// <param name="Role">The role as it will be.</param>
/// <param name="Atoms">The single permissions that the old rules do not cover.</param>
public sealed record Growth(RoleObject Role, ImmutableArray<PolicyRule> Atoms);

/// <summary>Somebody who is given something by a change.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Binding">The binding as it will be; its namespace is where they are given it.</param>
/// <param name="Role">Its role as it will be.</param>
/// <param name="Atoms">The single permissions that this binding did not give them before.</param>
/// <param name="Unheld">Those of them that they did not have there by any other binding of their own or of a group that the API server adds.</param>
public sealed record Gain(Subject Subject, BindingObject Binding, RoleObject Role, ImmutableArray<PolicyRule> Atoms, ImmutableArray<PolicyRule> Unheld)
{
    /// <summary>Where; empty for the whole cluster.</summary>
    public string Namespace => Binding.Namespace;
}

/// <summary>
/// What a change gives to whom: new rules that the old ones do not cover, as the API server's escalation check decides it,
/// and for somebody whom a binding did not name all of its role. Taking away widens nothing.
/// </summary>
/// <remarks>
/// A rule that comes to more than <see cref="RuleAtoms.Max"/> single permissions is not taken apart: it stands for them as it
/// is written, and counts as not covered unless the same rule was there. That is never less than what is given.
/// </remarks>
public sealed partial record AccessWidening
{
    private AccessWidening(ImmutableArray<Growth> roles, ImmutableArray<Gain> gains) => (Roles, Gains) = (roles, gains);

    /// <summary>Roles that were there, or that bindings waited for, and allow more; by namespace and name.</summary>
    public ImmutableArray<Growth> Roles { get; }

    /// <summary>Who is given what, by binding and subject.</summary>
    public ImmutableArray<Gain> Gains { get; }

    /// <summary>
    /// Whether something is widened. A role that nobody has counts as well: a binding of it may be on its way.
    /// </summary>
    public bool Widens => !Roles.IsEmpty || !Gains.IsEmpty;

    /// <summary>What it widens to create or change a role.</summary>
    /// <param name="before">All that is bound now.</param>
    /// <param name="role">
    /// The role as it will be. Aggregated ClusterRoles that select it by its labels, directly or through each other, grow with
    /// it; of an aggregated one both count what is written and what its controller will write.
    /// </param>
    public static AccessWidening Of(RbacIndex before, RoleObject role)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(role);
        List<Growth> roles = [];
        List<Gain> gains = [];
        foreach (var (old, changed) in Changed(before, role))
        {
            var bindings = before.BindingsOf(changed);
            if (old is null && bindings.IsEmpty) continue;
            if (Gained(old?.Rules ?? [], changed.Rules) is not { IsEmpty: false } atoms) continue;
            roles.Add(new Growth(changed, atoms));
            foreach (var binding in bindings) gains.AddRange(Gaining(before, binding, old, binding, changed));
        }

        return In(roles, gains);
    }

    /// <summary>What it widens to create or change a binding: for those whom it did not name, all of its role.</summary>
    /// <param name="before">All that is bound now.</param>
    /// <param name="binding">The binding as it will be. With another role than now it is taken as a new one in its place.</param>
    public static AccessWidening Of(RbacIndex before, BindingObject binding)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(binding);
        if (before.RoleOf(binding) is not { } role) return In([], []);
        var old = before.Binding(binding.Namespace, binding.Name);
        return In([], Gaining(before, old, old is null ? null : before.RoleOf(old), binding, role));
    }

    /// <summary>What somebody has been given from one state to another, both as they are: aggregated roles with the rules that they have.</summary>
    public static AccessWidening Between(RbacIndex before, RbacIndex after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        List<Growth> roles = [];
        List<Gain> gains = [];
        foreach (var role in after.Roles)
        {
            var old = before.Role(role.Namespace, role.Name);
            if (old is null && after.BindingsOf(role).IsEmpty) continue;
            if (Gained(old?.Rules ?? [], role.Rules) is { IsEmpty: false } atoms) roles.Add(new Growth(role, atoms));
        }

        foreach (var binding in after.Bindings)
        {
            if (after.RoleOf(binding) is not { } role) continue;
            var old = before.Binding(binding.Namespace, binding.Name);
            gains.AddRange(Gaining(before, old, old is null ? null : before.RoleOf(old), binding, role));
        }

        return In(roles, gains);
    }

    /// <summary>What a binding gives that somebody does not have there by what is left.</summary>
    /// <param name="left">All that is bound otherwise.</param>
    /// <param name="who">Somebody whom the binding names, with all groups that count.</param>
    /// <param name="binding">The binding; it need not be among what is left.</param>
    /// <param name="counts">Which of the bindings that are left count.</param>
    public static ImmutableArray<PolicyRule> Unheld(RbacIndex left, Requester who, BindingObject binding, Func<BindingObject, bool> counts)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(counts);
        return left.RoleOf(binding) is { } role ? Gained(Held(left, who, binding.Namespace, counts), Effective(binding, Gained([], role.Rules))) : [];
    }

    private static AccessWidening In(IEnumerable<Growth> roles, IEnumerable<Gain> gains) => new(
        [.. roles.OrderBy(growth => growth.Role.Namespace, StringComparer.Ordinal).ThenBy(growth => growth.Role.Name, StringComparer.Ordinal)],
        [.. gains
            .OrderBy(gain => gain.Namespace, StringComparer.Ordinal)
            .ThenBy(gain => gain.Binding.Name, StringComparer.Ordinal)
            .ThenBy(gain => gain.Subject, SubjectOrder.Instance)]);

    private static IEnumerable<Gain> Gaining(RbacIndex before, BindingObject? oldBinding, RoleObject? oldRole, BindingObject binding, RoleObject role)
    {
        if (ReferenceEquals(oldBinding, binding) && oldRole?.Rules == role.Rules) yield break;
        var named = oldBinding is null || oldRole is null ? [] : Meant(oldBinding).ToHashSet();
        var kept = named.Count == 0 ? [] : Effective(binding, Gained(oldRole!.Rules, role.Rules));
        ImmutableArray<PolicyRule>? all = null;
        foreach (var subject in Meant(binding))
        {
            var atoms = named.Contains(subject) ? kept : all ??= Effective(binding, Gained([], role.Rules));
            if (atoms.IsEmpty) continue;
            yield return new Gain(subject, binding, role, atoms, Gained(Held(before, Requester.Of(subject), binding.Namespace, _ => true), atoms));
        }
    }

    private static IEnumerable<Subject> Meant(BindingObject binding) =>
        binding.Subjects.Select(subject => subject.Means(binding.Namespace)).OfType<Subject>().Distinct();

    // Only a ClusterRoleBinding gives URLs.
    private static ImmutableArray<PolicyRule> Effective(BindingObject binding, ImmutableArray<PolicyRule> atoms) =>
        binding.IsClusterWide ? atoms : [.. atoms.Where(atom => atom.NonResourceUrls.IsEmpty)];

    private static List<PolicyRule> Held(RbacIndex before, Requester who, string namespaceName, Func<BindingObject, bool> counts) =>
        [.. before.WhatCan(who)
            .Where(holding => holding.Role is not null && counts(holding.Binding) && (holding.Binding.IsClusterWide || holding.Binding.Namespace == namespaceName))
            .SelectMany(holding => holding.Role!.Rules.Where(rule => holding.Binding.IsClusterWide || rule.NonResourceUrls.IsEmpty))];

    private static ImmutableArray<PolicyRule> Gained(IReadOnlyList<PolicyRule> owner, ImmutableArray<PolicyRule> servant)
    {
        // Most of what is compared has not changed.
        if (owner.Count == servant.Length && owner.SequenceEqual(servant)) return [];
        HashSet<PolicyRule> same = [.. owner];
        List<PolicyRule> open = [.. servant.Where(rule => !same.Contains(rule))];
        if (open.Count == 0) return [];
        var left = (long)RuleAtoms.Max;
        List<PolicyRule> small = [], large = [];
        foreach (var rule in open)
        {
            var atoms = RuleAtoms.Count(rule);
            if (atoms > left)
            {
                large.Add(rule);
                continue;
            }

            left -= atoms;
            small.Add(rule);
        }

        return [.. large, .. Escalation.Uncovered(owner, small).Distinct()];
    }
}

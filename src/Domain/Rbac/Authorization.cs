using System.Collections.Immutable;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac;

/// <summary>What allowed a request: a rule of a role, through a binding.</summary>
/// <param name="Binding">The binding.</param>
/// <param name="Role">The role that it gives.</param>
/// <param name="RuleIndex">Which rule of the role, from 0.</param>
public sealed record Allowance(BindingObject Binding, RoleObject Role, int RuleIndex)
{
    /// <summary>The rule.</summary>
    public PolicyRule Rule => Role.Rules[RuleIndex];
}

/// <summary>The answer to one request.</summary>
/// <param name="Allowed">Whether RBAC allows it. If not, another authorizer of the cluster still may.</param>
/// <param name="By">All that allows it, ClusterRoleBindings first. The API server names one of them; among several of a kind it may be any.</param>
/// <param name="BeforeRbac">Whether it is allowed before RBAC is asked, since the requester belongs to <c>system:masters</c>.</param>
public sealed record Authorization(bool Allowed, ImmutableArray<Allowance> By, bool BeforeRbac = false);

/// <summary>Who can do something.</summary>
/// <param name="Subject">Who.</param>
/// <param name="Via">Through what.</param>
/// <param name="Through">The implicit group that gives it; <see langword="null"/> where the subject itself is named.</param>
public sealed record Holder(Subject Subject, ImmutableArray<Allowance> Via, string? Through = null);

/// <summary>What somebody has through one binding.</summary>
/// <param name="Binding">The binding.</param>
/// <param name="Role">Its role; <see langword="null"/> if it does not exist.</param>
/// <param name="Through">The name or group by which the binding applies.</param>
public sealed record Holding(BindingObject Binding, RoleObject? Role, Subject Through);

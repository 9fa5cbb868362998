namespace Lapse.Domain.Rbac;

/// <summary>How much harm an ability can do.</summary>
public enum RoleDanger
{
    /// <summary>Reads of ordinary objects, and statements of what the role cannot do.</summary>
    None,

    /// <summary>Changes something, within what the role names.</summary>
    Notable,

    /// <summary>Leads beyond what the role names: to secrets, to other identities, to more rights, or to the nodes.</summary>
    Dangerous,
}

/// <summary>One thing that a role lets a person do, in words.</summary>
/// <param name="Sentence">A full sentence, such as <c>Can read Secrets in payments-prod.</c></param>
/// <param name="Danger">How much harm it can do.</param>
/// <param name="Reason">Why it is dangerous or what it includes; <see langword="null"/> where the sentence says it all.</param>
public sealed record RoleAbility(string Sentence, RoleDanger Danger, string? Reason);

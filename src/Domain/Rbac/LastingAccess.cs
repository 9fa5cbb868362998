namespace Lapse.Domain.Rbac;

/// <summary>One way by which access can outlive the binding that gave it.</summary>
/// <param name="Code">A stable name, such as <c>Tokens</c>.</param>
/// <param name="Sentence">What stays, in words for the person who decides.</param>
/// <param name="Mints">
/// What new access comes of it, in a word or two, such as <c>bindings</c>: something that gives rights of its own, without end. <see langword="null"/>
/// where only what was there is kept (an open stream, a copy, data).
/// </param>
public sealed record LastingAccessWay(string Code, string Sentence, string? Mints = null);

/// <summary>
/// Names what a person could make with a role that still works after its binding is gone. Shown before approval and listed
/// at the end: Lapse proves that a binding is gone, not that nothing of it was kept.
/// </summary>
public static class LastingAccess
{
    private static readonly (LastingAccessWay Way, Special[] By)[] Ways =
    [
        (new("Bindings", "Can hand these rights on: bindings and roles that are made or changed stay.", "bindings"),
            [Special.ChangeBindings, Special.ChangeRoles, Special.BindRoles, Special.EscalateRoles]),
        (new("Tokens", "Can obtain tokens of service accounts: they work until they expire, or for ever if kept in a Secret.", "tokens"),
            [Special.IssueTokens, Special.ChangeSecrets]),
        (new("Workloads", "Can start or change workloads: they keep running, with the service accounts and Secrets they were given.", "workloads"),
            [Special.RunWorkloads, Special.EphemeralContainers]),
        (new("Impersonation", "Can act as somebody else: whatever is made in that name stays.", "acts in other names"),
            [Special.ImpersonateAnyone, Special.ImpersonateServiceAccounts]),
        (new("Webhooks", "Can put rules or listeners of their own into the API server: they stay until somebody removes them.", "webhooks and admission rules"),
            [Special.ChangeWebhooks, Special.ChangeAdmissionPolicies]),
        (new("Certificates", "Can approve client certificates: they cannot be revoked before they expire.", "client certificates"), [Special.ApproveCertificates]),
        (new("Sessions", "Can open streams into Pods: an open one is not cut when the access ends, and what was put there stays."),
            [Special.Exec, Special.Attach, Special.PortForward, Special.NodesProxy]),
        (new("SecretCopies", "Can read Secrets: a copy works until the Secret's content is changed at its source."), [Special.ReadSecrets]),
        (new("Volumes", "Can create volumes on the disks of nodes: what is written there stays."), [Special.CreatePersistentVolumes]),
    ];

    /// <summary>The ways that these rules open, the gravest first; empty if nothing can outlive the binding.</summary>
    /// <param name="rules">The role's rules.</param>
    /// <param name="clusterWide">Whether the binding is cluster-wide; a RoleBinding cannot give webhooks or certificates.</param>
    public static IReadOnlyList<LastingAccessWay> Of(RoleRules rules, bool clusterWide = true)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var held = SpecialAbilities.Table
            .Where(ability => Reach.Of(rules, [.. ability.Within(clusterWide).Select(WithoutDeletes)]).Any)
            .Select(ability => ability.Code)
            .ToHashSet();
        return [.. Ways.Where(way => way.By.Any(held.Contains)).Select(way => way.Way)];
    }

    // What is deleted does not last.
    private static Target WithoutDeletes(Target target) =>
        target with { Verbs = [.. target.Verbs.Where(verb => verb is not ("delete" or "deletecollection"))] };
}

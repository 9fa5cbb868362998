using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Checks everything anew before a binding is created: evidence, people, request, and the role as the cluster has it now.</summary>
internal sealed class ProvisionCheck(
    IDbContextFactory<PortalDbContext> contexts, EvidenceVerifier evidence, ClusterConnections connections, LedgerWitnesses witnesses, RoleSnapshots snapshots, TimeProvider clock)
{
    /// <summary>Runs all checks.</summary>
    public async Task<CheckResult> RunAsync(Grant grant, CancellationToken cancellation)
    {
        using var step = ReconciliationSteps.Start(ReconciliationSteps.Check, grant);
        var (refused, facts, asked, role) = await CheckRecordsAsync(grant, withRole: true, cancellation);
        return refused ?? await CheckRoleAsync(facts!, asked!, await role!, cancellation);
    }

    /// <summary>
    /// What is needed to go on with a binding that may have been created. The evidence is asked for again: a row that says that
    /// something was created before is a row too.
    /// </summary>
    public async Task<CheckResult> ResumeAsync(Grant grant, CancellationToken cancellation)
    {
        var (refused, facts, _, _) = await CheckRecordsAsync(grant, withRole: false, cancellation);
        if (refused is not null) return refused;
        var link = connections.To(facts!.Cluster);
        if (!link.Succeeded) return Closed(link.Refusal!);
        return facts.KnownQuestion() is { } question
            ? new CheckResult.Ready(new(facts, link.Value, question, null))
            : new CheckResult.Refused(FailureReason.RoleGone, RoleWithoutRules, Alert: false);
    }

    // Everything that needs no cluster. The role is read meanwhile, if it is wanted; what it says counts only if the records hold.
    private async Task<(CheckResult? Refused, GrantFacts? Facts, ProvedAct? Asked, Task<RoleRead>? Role)> CheckRecordsAsync(Grant grant, bool withRole, CancellationToken cancellation)
    {
        try
        {
            var facts = await ReadAsync(grant, cancellation);
            if (facts.Cluster.RetiredAt is not null) return Refused(new(FailureReason.ClusterGone, new("ClusterGone", "The cluster was taken out of use."), Alert: false));
            var role = withRole ? ReadRoleAsync(facts, cancellation) : null;
            // Before all that is no alarm: rows that somebody wrote must not pass for somebody who lost a group.
            var asked = await evidence.VerifyAsync(facts, clock.GetUtcNow(), cancellation);
            if (role is not null) await role;
            if (!asked.Succeeded) return Refused(Mismatch(asked.Refusal!));
            if (EvidenceRules.CheckPeople(facts) is { } people)
                return Refused(new(people.IsRequester ? FailureReason.RequesterNotAllowed : FailureReason.EvidenceMismatch, people.Refusal, !people.IsRequester));
            return ExtensionRules.CheckEnds(facts.Extended) is { } ended
                ? Refused(new(FailureReason.ExtendedAccessEnded, ended, Alert: false))
                : (null, facts, asked.Value, role);
        }
        catch (Exception broken) when (BrokenRecords.Says(broken))
        {
            return Refused(Mismatch(BrokenRecords.Refusal));
        }

        static (CheckResult?, GrantFacts?, ProvedAct?, Task<RoleRead>?) Refused(CheckResult.Refused refused) => (refused, null, null, null);
    }

    private static CheckResult.Refused Mismatch(Refusal refusal) => new(FailureReason.EvidenceMismatch, refusal, Alert: true);

    // A credential that was not sealed for the row's settings says that the row was changed behind Lapse's back.
    private static CheckResult Closed(Refusal refusal) =>
        refusal.Code is SealedCredential.NotForTheseSettings or SealedCredential.Unreadable ? Mismatch(refusal) : new CheckResult.Blocked(refusal.Message);

    private static readonly Refusal RoleWithoutRules = new("RoleGone", "The role has no rules now, so that it would give nothing.");

    private async Task<RoleRead> ReadRoleAsync(GrantFacts facts, CancellationToken cancellation)
    {
        var grant = facts.Grant;
        var link = connections.To(facts.Cluster);
        return new(link, link.Succeeded ? await link.Value.Breaker.RunAsync(token => link.Value.Api.ReadRoleAsync(grant.RoleKind, grant.RoleName, grant.Namespace, token), cancellation) : null);
    }

    private async Task<CheckResult> CheckRoleAsync(GrantFacts facts, ProvedAct asked, RoleRead read, CancellationToken cancellation)
    {
        var (grant, link) = (facts.Grant, read.Link);
        if (read.Rules is not { } rules) return Closed(link.Refusal!);
        // A cluster may know that the database is an older one; so none is provisioned into before it was asked.
        if (await witnesses.BeforeStartAsync(link.Value, cancellation) is { } unknown) return new CheckResult.Blocked(unknown);
        if (rules.Failure is { } failure) return await ReadFailedAsync(grant, link.Value, failure, cancellation);

        // Kept already, as it is: nothing to write, and nothing to read once more.
        var text = rules.Value.ToCanonicalJson();
        if (facts.SnapshotRules != text) await snapshots.KeepAsync(grant.ClusterId, grant.RoleKind, grant.RoleName, grant.Namespace, rules.Value, cancellation);
        if (facts.Question(rules.Value) is not { } question) return new CheckResult.Refused(FailureReason.RoleGone, RoleWithoutRules, Alert: false);
        if (facts.Request.PinnedRules != text && !Escalation.Covers(RoleRules.Parse(facts.Request.PinnedRules), rules.Value)) return new CheckResult.Widened(facts, rules.Value);
        var person = await link.Value.Breaker.RunAsync(token => link.Value.Api.ReviewPersonAsync(grant.ClusterUserName, GroupsIn(facts.Cluster, asked), question, token), cancellation);
        return new CheckResult.Ready(new(facts, link.Value, question, person is { Succeeded: true, Value: { Allowed: true } answer } ? AlreadyHadBy(facts, answer, question) : null));
    }

    // As the API server would see them with this person's token; from the proof, which nobody wrote but the provider.
    private static IReadOnlyList<string> GroupsIn(Cluster cluster, ProvedAct asked) =>
        cluster.GroupsClaim.Length == 0 ? [] : ClusterGroups.From(cluster.GroupsPrefix, GroupClaims.Read(asked.Claims, cluster.GroupsClaim) ?? []);

    // One question is asked, not every one that the role answers, so it is said which: who may read may not yet write.
    private static string? AlreadyHadBy(GrantFacts facts, AccessAnswer answer, AccessQuestion question)
    {
        // What an extension takes over from is no other access.
        if (facts.Extended.Any(g => answer.Reason.Contains(BindingKeys.NameOf(g.Id), StringComparison.Ordinal))) return null;
        const string Rbac = "RBAC: allowed by ";
        var by = answer.Reason.StartsWith(Rbac, StringComparison.Ordinal) ? answer.Reason[Rbac.Length..] : answer.Reason;
        if (by.Length == 0) by = "something that the cluster does not name";
        var words = question.ToString();
        return $"{by[..Math.Min(by.Length, 350)]}, as far as “{words[..Math.Min(words.Length, 100)]}” goes";
    }

    private async Task<CheckResult> ReadFailedAsync(Grant grant, ClusterLink link, ClusterFailure failure, CancellationToken cancellation)
    {
        if (failure.Kind == ClusterFailureKind.NotFound)
        {
            if (grant is { RoleKind: RoleKind.Role, Namespace: { } place } && await link.Api.HasNamespaceAsync(place, cancellation) is { Succeeded: true, Value: false })
                return new CheckResult.Refused(FailureReason.NamespaceGone, new("NamespaceGone", "The namespace is not there."), Alert: false);
            await snapshots.KeepAsync(grant.ClusterId, grant.RoleKind, grant.RoleName, grant.Namespace, null, cancellation);
            return new CheckResult.Refused(FailureReason.RoleGone, new("RoleGone", "The cluster has no such role."), Alert: false);
        }
        return failure.Kind == ClusterFailureKind.NamespaceGone
            ? new CheckResult.Refused(FailureReason.NamespaceGone, new("NamespaceGone", "The namespace is not there."), Alert: false)
            : new CheckResult.Blocked(failure.Message);
    }

    private async Task<GrantFacts> ReadAsync(Grant grant, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await GrantFacts.ReadAsync(db, grant, cancellation);
    }

    // The role as its cluster has it now; without rules where there is no way to the cluster.
    private sealed record RoleRead(Outcome<ClusterLink> Link, ClusterResult<RoleRules>? Rules);
}

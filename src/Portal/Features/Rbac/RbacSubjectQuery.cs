using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Catalogue;
using Microsoft.EntityFrameworkCore;
using BindingObject = Lapse.Domain.Rbac.State.BindingObject;

namespace Lapse.Portal.Features.Rbac;

/// <summary>What somebody can do on a cluster, through what and since when; for admins and auditors.</summary>
public sealed class RbacSubjectQuery(IDbContextFactory<PortalDbContext> contexts, RbacIndexes indexes, RbacAnswers answers, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacSubjectAsk, RbacSubjectView>
{
    private const int MostRules = 60;
    private const int MostFindings = 200;

    private static readonly Refusal NoSubject = new("SubjectUnknown", "This address names nobody. A subject is a user, a group, or a service account with its namespace.", "/rbac");
    private static readonly Refusal NotRead = new("NotRead", "This cluster has not been read yet, so nothing is known of anybody there.", "/rbac");
    private static readonly string[] Parts = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <inheritdoc/>
    public async Task<Outcome<RbacSubjectView>> AskAsync(Actor actor, RbacSubjectAsk ask, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, now, cancellation);
        if (!head.Succeeded) return head.Refusal!;
        if (!AuditReading.IsWritable(ask.Name) || RbacWords.SubjectOf(ask.Kind, ask.Name) is not { } subject) return NoSubject;
        var cluster = head.Value.Id;
        if (await indexes.NewestAsync(cluster, cancellation) is not { } read) return NotRead;
        var state = read.Index.State;

        var who = Requester.Of(subject);
        var holdings = read.Index.WhatCan(who).OrderBy(holding => IsByGroup(holding, subject)).ThenBy(holding => !holding.Binding.IsClusterWide)
            .ThenBy(holding => holding.Binding.Namespace, StringComparer.Ordinal).ThenBy(holding => holding.Binding.Name, StringComparer.Ordinal).ToList();
        var shown = holdings.Take(RbacSubjectView.MostRights).ToList();
        var since = await SinceAsync(db, cluster, shown, cancellation);
        var text = subject.ToString();
        var findings = await db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == cluster && f.GoneAt == null && f.SubjectText == text)
            .OrderByDescending(f => f.Gravity).ThenBy(f => f.CheckId).ThenBy(f => f.Fingerprint).Take(MostFindings).ToListAsync(cancellation);
        var workloads = subject.Kind == SubjectKind.ServiceAccount
            ? state.Workloads.Where(one => one.Namespace == subject.Namespace && one.ServiceAccount == subject.Name).Select(one => one.Reference).Order(StringComparer.Ordinal).ToList() : [];
        return new RbacSubjectView(
            head.Value, subject, subject.Kind == SubjectKind.Group ? [] : [.. who.Groups], IsThere(state, subject), [.. workloads.Take(RbacSubjectView.MostWorkloads)], workloads.Count,
            [.. shown.Select(holding => ToRight(holding, subject, since))], holdings.Count,
            [.. findings.Select(f => AuditReading.ToRow(f, now))], answers.PathsOf(read.Index).From(who, PathTarget.ClusterAdmin),
            [.. Parts.Where(part => !state.IsKnown(part))], reader.Value.IsAdmin);
    }

    private static bool IsByGroup(Holding holding, Subject subject) => holding.Through != subject;

    private static bool? IsThere(RbacState state, Subject subject) =>
        subject.Kind != SubjectKind.ServiceAccount || !state.IsWhole("serviceaccounts") ? null : state.ServiceAccounts.Any(account => account.Subject == subject);

    private static SubjectRight ToRight(Holding holding, Subject subject, Dictionary<string, (int Number, DateTimeOffset At)> since)
    {
        var (binding, role) = (holding.Binding, holding.Role);
        (int Number, DateTimeOffset At)? seen = since.TryGetValue(KeyOf(binding), out var found) ? found : null;
        return new(
            binding.Reference, role?.Reference ?? $"{binding.Role.Kind} {binding.Role.Name}", binding.Namespace, IsByGroup(holding, subject) ? holding.Through : null, role is not null,
            role is null ? [] : Describe(role, binding),
            role is null ? [] : [.. role.Rules.Take(MostRules).Select(RoleFacts.Line), .. role.Rules.Length > MostRules ? [$"and {role.Rules.Length - MostRules} more rules"] : Array.Empty<string>()],
            seen?.At, seen is { Number: 1 }, binding.Created, RbacWords.IsKubernetes(binding));
    }

    // What one role does not allow another may: of somebody with several only what they can do is told.
    private static List<RoleAbility> Describe(RoleObject role, BindingObject binding)
    {
        var all = RoleInWords.Describe(RoleRules.From(role.Rules), binding.IsClusterWide ? null : binding.Namespace);
        List<RoleAbility> can = [.. all.Where(ability => !ability.Sentence.StartsWith("Cannot ", StringComparison.Ordinal))];
        return can.Count > 0 ? can : [.. all.Take(1)];
    }

    // A version of a binding is what it says, so this is since when it gives this role to these subjects.
    private static async Task<Dictionary<string, (int Number, DateTimeOffset At)>> SinceAsync(PortalDbContext db, ClusterId cluster, List<Holding> holdings, CancellationToken cancellation)
    {
        List<byte[]> keys = [.. holdings.Select(holding => RbacObjectVersion.KeyOf(holding.Binding.Kind, holding.Binding.Namespace, holding.Binding.Name))];
        var found = await db.RbacObjects.AsNoTracking().Where(v => v.ClusterId == cluster && v.Until == null && keys.Contains(v.Key))
            .Join(db.RbacSnapshots.Where(s => s.ClusterId == cluster), v => v.Since, s => s.Number, (v, s) => new { v.Key, s.Number, s.TakenAt }).ToListAsync(cancellation);
        return found.ToDictionary(one => Convert.ToHexString(one.Key), one => (one.Number, one.TakenAt), StringComparer.Ordinal);
    }

    private static string KeyOf(BindingObject binding) => Convert.ToHexString(RbacObjectVersion.KeyOf(binding.Kind, binding.Namespace, binding.Name));
}

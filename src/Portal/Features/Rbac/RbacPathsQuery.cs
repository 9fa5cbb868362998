using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Paths;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Who becomes administrator of a cluster and how, by its newest snapshot; for admins and auditors.</summary>
public sealed class RbacPathsQuery(IDbContextFactory<PortalDbContext> contexts, RbacIndexes indexes, RbacAnswers answers, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacPathsAsk, RbacPathsView>
{
    // More subjects than that no picture and no table shows; the export of findings does.
    private const int MostSubjects = 100_000;

    private static readonly string[] Parts = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <inheritdoc/>
    public async Task<Outcome<RbacPathsView>> AskAsync(Actor actor, RbacPathsAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        if (await indexes.NewestAsync(head.Value.Id, cancellation) is not { } read) return new RbacPathsView(head.Value, [], 0, 0, []);

        var all = answers.PathsOf(read.Index).Reaching(PathTarget.ClusterAdmin, new PathLimits { Most = MostSubjects, OnlyCertain = ask.OnlyCertain })
            .Where(path => path.From.Subject is { } who && RbacWords.Name(who).Contains(ask.Search, StringComparison.OrdinalIgnoreCase)).ToList();
        // Whoever is looked for is shown.
        var ofTheirOwn = all.Where(path => ask.Search.Length > 0 || !IsOfEverybody(path)).ToList();
        var shown = ofTheirOwn.Where(path => ask.WithKubernetes || !IsKubernetes(path)).ToList();
        return new RbacPathsView(head.Value, [.. shown.Take(RbacPathsView.Most)], shown.Count, ofTheirOwn.Count - shown.Count, [.. Parts.Where(part => !read.Index.State.IsKnown(part))]) { ByEverybody = all.Count - ofTheirOwn.Count };
    }

    // The way of the group is one of the others.
    private static bool IsOfEverybody(AttackPath path) => path.Steps[0].By is { Length: > 0 } by && by.All(way =>
    {
        var named = way.Binding.Subjects.Select(one => one.Means(way.Binding.Namespace)).ToList();
        return !named.Contains(path.From.Subject) && named.Exists(one => one is { Kind: SubjectKind.Group, Name: Requester.Authenticated or Requester.ServiceAccounts });
    });

    private static bool IsKubernetes(AttackPath path) => path.Steps[0].By.All(way => RbacWords.IsKubernetes(way.Binding));
}

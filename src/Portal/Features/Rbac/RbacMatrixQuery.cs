using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Who reaches the sensitive places of a cluster, by its newest snapshot; for admins and auditors.</summary>
public sealed class RbacMatrixQuery(IDbContextFactory<PortalDbContext> contexts, RbacIndexes indexes, RbacAnswers answers, ActorGuard guard, TimeProvider clock) : IPageQuery<RbacMatrixAsk, RbacMatrixView>
{
    private static readonly string[] Parts = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <inheritdoc/>
    public async Task<Outcome<RbacMatrixView>> AskAsync(Actor actor, RbacMatrixAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        if (await indexes.NewestAsync(head.Value.Id, cancellation) is not { } read) return new RbacMatrixView(head.Value, [], [], 0, 0, []);

        var places = answers.PlacesIn(read.Index, ask.Namespace) is { IsEmpty: false } some ? some : answers.PlacesOf(read.Index);
        var inSight = places.ToHashSet(ReferenceEqualityComparer.Instance);
        var asked = answers.ReachersOf(read.Index).Where(one => ask.Kind is null || one.Subject.Kind == ask.Kind).Where(one => RbacWords.Name(one.Subject).Contains(ask.Search, StringComparison.OrdinalIgnoreCase))
            .Select(one => one with { Reached = [.. one.Reached.Where(reached => inSight.Contains(reached.Place))] }).Where(one => one.Reached.Length > 0).ToList();
        // Whoever is looked for is shown.
        var ofTheirOwn = asked.Where(one => ask.Search.Length > 0 || !one.Reached.All(IsOfEverybody)).ToList();
        var shown = ofTheirOwn.Where(one => ask.WithKubernetes || !IsKubernetes(one)).ToList();
        return new RbacMatrixView(
            head.Value, [.. places.Select(place => place.Name)],
            [.. shown.OrderByDescending(Weight).ThenBy(one => one.Subject, SubjectOrder.Instance).Take(RbacMatrixView.Most).Select(one => ToRow(one, places))],
            shown.Count, ofTheirOwn.Count - shown.Count, [.. Parts.Where(part => !read.Index.State.IsKnown(part))])
        { Namespaces = answers.PrivilegedOf(read.Index), ByEverybody = asked.Count - ofTheirOwn.Count };
    }

    private static bool IsOfEverybody(Reached reached) => reached.Through is Requester.Authenticated or Requester.ServiceAccounts;

    private static bool IsKubernetes(Reacher reacher) => reacher.Reached.Where(reached => !IsOfEverybody(reached)).ToList() is { Count: > 0 } own && own.TrueForAll(reached => reached.By.All(way => RbacWords.IsKubernetes(way.Binding)));

    private static int Weight(Reacher reacher) => reacher.Reached.Where(reached => reached.Whole).Select(reached => reached.Place).Distinct().Count();

    private static MatrixRow ToRow(Reacher reacher, ImmutableArray<Place> places) => new(reacher.Subject, [.. places.Select(place => ToCell([.. reacher.Reached.Where(reached => ReferenceEquals(reached.Place, place))]))]);

    // Their own goes before what comes by a group, and all of a place before a part.
    private static MatrixCell? ToCell(List<Reached> reached)
    {
        if (reached.Count == 0) return null;
        var best = reached.OrderByDescending(one => one.Whole).ThenBy(one => one.Through is not null).First();
        var bindings = best.By.Select(way => way.Binding.Reference).Distinct(StringComparer.Ordinal).ToList();
        return new(best.Whole, best.Through, bindings.Count == 1 ? bindings[0] : string.Create(CultureInfo.InvariantCulture, $"{bindings[0]} and {bindings.Count - 1} more"));
    }
}

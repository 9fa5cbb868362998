using Lapse.Domain;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Rbac;

/// <summary>Who can do something on a cluster, by its newest snapshot; for admins and auditors.</summary>
public sealed class WhoCanQuery(IDbContextFactory<PortalDbContext> contexts, RbacIndexes indexes, ActorGuard guard, TimeProvider clock) : IPageQuery<WhoCanAsk, WhoCanView>
{
    private const int LongestText = 300;
    private const int MostCompletions = 500;

    /// <inheritdoc/>
    public async Task<Outcome<WhoCanView>> AskAsync(Actor actor, WhoCanAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var reader = await guard.FindAuditReaderAsync(db, actor, cancellation);
        if (!reader.Succeeded) return reader.Refusal!;
        var head = await db.HeadAsync(ask.Cluster, clock.GetUtcNow(), cancellation);
        if (!head.Succeeded) return head.Refusal!;
        if (await indexes.NewestAsync(head.Value.Id, cancellation) is not { } read) return new WhoCanView(head.Value, [], [], [], null);

        var asked = ask with { Verb = Cut(ask.Verb), Resource = Cut(ask.Resource), Namespace = Cut(ask.Namespace), Name = Cut(ask.Name) };
        var state = read.Index.State;
        string[] namespaces = [.. state.Namespaces.Select(one => one.Name).Concat(state.Bindings.Where(one => !one.IsClusterWide).Select(one => one.Namespace)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new WhoCanView(
            head.Value, WhoCan.Verbs(state, WhoCan.Understand(state, asked.Resource)), Completing(WhoCan.Resources(state), asked.Resource), Completing(namespaces, asked.Namespace), WhoCan.Answer(read.Index, asked));
    }

    // The browser picks what begins like what was typed; of very many only those that fit are sent to it.
    private static IReadOnlyList<string> Completing(IReadOnlyList<string> all, string typed) =>
        all.Count <= MostCompletions ? all : [.. all.Where(one => one.Contains(typed, StringComparison.OrdinalIgnoreCase)).Take(MostCompletions)];

    private static string Cut(string text) => text.Trim() is { Length: <= LongestText } whole ? whole : text.Trim()[..LongestText];
}

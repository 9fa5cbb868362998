using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.Rbac;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.People;

/// <summary>
/// Which standing bindings of the clusters name somebody or a group of theirs, by the newest look at each; for admins, who may read the
/// audit. Of somebody who is shut out it tells too: Lapse ends what it gave, not what stands.
/// </summary>
public sealed class PersonStandingQuery(IDbContextFactory<PortalDbContext> contexts, RbacIndexes indexes, RbacSnapshots snapshots, ClusterNames names, ActorGuard guard) : IPageQuery<PersonStandingAsk, PersonStandingView>
{
    private static readonly Refusal NoPerson = new("PersonUnknown", "Nobody of this name has signed in to Lapse.", "/admin/people");
    private static readonly string[] Parts = ["rolebindings", "clusterrolebindings"];

    /// <inheritdoc/>
    public async Task<Outcome<PersonStandingView>> AskAsync(Actor actor, PersonStandingAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;
        var person = await db.People.AsNoTracking().SingleOrDefaultAsync(p => p.Id == ask.Person, cancellation);
        if (person is null) return NoPerson;
        var newest = await db.SignInSessions.AsNoTracking().Where(s => s.PersonId == person.Id).OrderByDescending(s => s.StartedAt).FirstOrDefaultAsync(cancellation);
        List<ClusterStanding> found = [];
        foreach (var cluster in await db.Clusters.AsNoTracking().Where(c => c.RetiredAt == null).OrderBy(c => c.Title).ThenBy(c => c.Id).ToListAsync(cancellation))
            found.Add(Of(cluster, ClusterNames.UserName(cluster, newest), names.Groups(cluster, person.Groups), (await indexes.NewestAsync(cluster.Id, cancellation))?.Index));
        return new PersonStandingView(found);
    }

    private ClusterStanding Of(Cluster cluster, string userName, IReadOnlyList<string>? groups, RbacIndex? index)
    {
        if (index is null) return new(cluster.Name, cluster.Title, cluster.Environment, [], ["it has not been read yet"]);
        List<string> unknown = [.. Parts.Where(part => !index.State.IsKnown(part)).Select(part => $"{part} could not be read")];
        if (userName.Length == 0) unknown.Add("their sign-in does not say what it calls them");
        if (groups is null) unknown.Add("Lapse does not know which of its groups they are in");
        Subject[] theirs = [.. userName.Length > 0 ? [Subject.OfUser(userName)] : Array.Empty<Subject>(), .. (groups ?? []).Order(StringComparer.Ordinal).Select(Subject.OfGroup)];
        return new(cluster.Name, cluster.Title, cluster.Environment, [.. theirs.Select(subject => new StandingName(subject, Count(index, subject, cluster.Name))).Where(name => name.Bindings > 0)], unknown);
    }

    // The name alone, without what everybody has who is signed in; and without what Lapse gave for a time.
    private int Count(RbacIndex index, Subject subject, string cluster) =>
        index.WhatCan(subject.Kind == SubjectKind.Group ? Requester.Exactly("", [subject.Name]) : Requester.Exactly(subject.Name, [])).Count(holding => !snapshots.IsLapses(holding.Binding, cluster));
}

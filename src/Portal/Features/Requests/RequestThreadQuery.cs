using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Access;
using Lapse.Portal.Features.Catalogue;
using Lapse.Portal.Features.Evidence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>One request and all that happened to it, for those who may see it (<see cref="RequestVisibility"/>).</summary>
public sealed class RequestThreadQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<RequestThreadAsk, RequestThreadView>
{
    private const int MostEvents = 500;
    private const int MostEarlier = 5;
    private const int MostLookedAt = 20;

    /// <inheritdoc/>
    public async Task<Outcome<RequestThreadView>> AskAsync(Actor actor, RequestThreadAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;
        if (!UuidId.TryParse<AccessRequestId>(ask.Id, out var id)) return GovernedRequest.NotFound;
        var rows = await (
            from request in db.AccessRequests.AsNoTracking()
            where request.Id == id
            join entry in db.ElevatedRoleVersions on new { request.ElevatedRoleId, Version = request.ElevatedRoleVersion } equals new { entry.ElevatedRoleId, entry.Version }
            join workflow in db.WorkflowVersions on new { request.WorkflowId, Version = request.WorkflowVersion } equals new { workflow.WorkflowId, workflow.Version }
            join cluster in db.Clusters on request.ClusterId equals cluster.Id
            join health in db.ClusterHealth on cluster.Id equals health.ClusterId into healths
            from health in healths.DefaultIfEmpty()
            select new { Governed = new GovernedRequest(request, entry, workflow, cluster), Health = health }).SingleOrDefaultAsync(cancellation);
        if (rows is null || !RequestVisibility.MaySee(rows.Governed.Request, rows.Governed.Workflow, person)) return GovernedRequest.NotFound;

        var now = clock.GetUtcNow();
        var governed = rows.Governed;
        var decisions = await governed.DecisionsAsync(db, cancellation);
        var grants = (await db.Grants.AsNoTracking().Where(g => g.RequestId == id).OrderBy(g => g.CreatedAt).ThenBy(g => g.Namespace).ToListAsync(cancellation))
            .ConvertAll(g => GrantView.Of(g, now));
        var (extends, extendedBy) = await ExtensionsAsync(db, governed.Request, person, now, cancellation);
        var (events, people, added, left) = await EventsAsync(db, governed.Request, grants, cancellation);
        grants = grants.ConvertAll(g => g with { LeftBehind = left.GetValueOrDefault(g.Id) });
        var waiting = governed.Request.Status == RequestStatus.AwaitingApproval
            ? (await db.AskedAsync([governed.Workflow.Stages[governed.Request.Stage]], governed.Request.RequesterId, cancellation))[0] : null;
        return View(governed, rows.Health, grants, events, people) with
        {
            IsMine = governed.Request.RequesterId == person.Id,
            Waiting = waiting,
            ApprovalsSoFar = decisions.Count(d => d.Stage == governed.Request.Stage && d.Verdict == Verdict.Approve),
            Extends = extends,
            ExtendedBy = extendedBy,
            Rights = Rights(governed, decisions, grants, person, now) with { Extend = await db.ExtensibleBy(person.Id).AnyAsync(r => r.Id == id, cancellation), Evidence = await MayHaveEvidenceAsync(db, governed.Request, person, cancellation) },
            Aid = waiting is not null && governed.Request.RequesterId != person.Id ? await AidAsync(db, governed, added, person, now, cancellation) : null,
        };
    }

    private static async Task<bool> MayHaveEvidenceAsync(PortalDbContext db, AccessRequest request, CurrentPerson person, CancellationToken cancellation) =>
        EvidenceRights.MayHave(request, await db.Decisions.AsNoTracking().Where(d => d.RequestId == request.Id).ToListAsync(cancellation), person);

    private static RequestThreadView View(GovernedRequest governed, ClusterHealth? health, List<GrantView> grants, List<ThreadEvent> events, Dictionary<PersonId, PersonFacts> people)
    {
        var (request, entry, _, cluster) = governed;
        return new()
        {
            Id = request.Id,
            Version = request.Version,
            Title = entry.Title,
            EntryId = entry.ElevatedRoleId,
            Status = request.Status,
            Requester = people[request.RequesterId],
            IsMine = false,
            Environment = entry.Environment,
            Cluster = ClusterGlance.Of(cluster, health),
            Role = request.Role,
            Namespaces = request.Namespaces,
            Facts = RoleFacts.Of(request.PinnedRules, request.Namespaces, request.SubmittedAt ?? request.CreatedAt),
            Duration = request.Duration,
            WantedStart = request.WantedStart,
            Reason = request.Reason,
            Ticket = request.Ticket,
            ClusterUserName = request.ClusterUserName,
            Since = request.SettledAt ?? request.SubmittedAt ?? request.CreatedAt,
            ExpiresAt = request.ExpiresAt,
            Grants = grants,
            Events = events,
            Rights = new(false, false, false, false, false, null),
            CheckLine = UseLines.Check(RoleRules.Parse(request.PinnedRules), request.IsClusterWide),
        };
    }

    private static async Task<(ExtensionLink? Extends, ExtensionLink? ExtendedBy)> ExtensionsAsync(PortalDbContext db, AccessRequest request, CurrentPerson person, DateTimeOffset now, CancellationToken cancellation)
    {
        RequestStatus[] open = [RequestStatus.AwaitingApproval, RequestStatus.Approved];
        var others = await db.AccessRequests.AsNoTracking()
            .Where(r => r.Id == request.ExtendsId || (r.ExtendsId == request.Id && open.Contains(r.Status)))
            .Join(db.WorkflowVersions, r => new { r.WorkflowId, Version = r.WorkflowVersion }, v => new { v.WorkflowId, v.Version }, (r, v) => new { Request = r, Workflow = v })
            .OrderByDescending(o => o.Request.CreatedAt).ThenByDescending(o => o.Request.Id)
            .Select(o => new { o.Request, o.Workflow, Grants = db.Grants.Where(g => g.RequestId == o.Request.Id).ToList() })
            .ToListAsync(cancellation);
        ExtensionLink? Link(bool earlier) => others.Find(o => o.Request.Id == request.ExtendsId == earlier) is not { } other ? null : new(
            other.Request.Id, RequestVisibility.MaySee(other.Request, other.Workflow, person),
            RequestState.Of(other.Request.Status, [.. other.Grants.Select(g => GrantView.Of(g, now))]),
            other.Grants.Where(g => g.Status == GrantStatus.Active).Min(g => g.EndsAt), ExtensionRules.CheckEnds(other.Grants) is not null);
        return (Link(earlier: true), Link(earlier: false));
    }

    private static ThreadRights Rights(GovernedRequest governed, List<Decision> decisions, List<GrantView> grants, CurrentPerson person, DateTimeOffset now)
    {
        var (request, entry, workflow, _) = governed;
        var mine = request.RequesterId == person.Id;
        var live = grants.Any(g => g.CanEnd);
        var against = mine || request.Status != RequestStatus.AwaitingApproval ? DecisionRules.OwnRequest
            : DecisionRules.Check(request, entry, workflow, decisions, person.Id, person.Session.Groups, "", now);
        return new(
            Submit: mine && request.Status == RequestStatus.Draft && request.ExpiresAt > now,
            Withdraw: mine && request.Status is RequestStatus.Draft or RequestStatus.AwaitingApproval,
            Decide: against is null,
            Drop: mine && live,
            Revoke: live && (person.IsAdmin || (!mine && workflow.Stages.Any(s => s.MayBeDecidedBy(person.Session.Groups)))),
            WhyNotDecide: against is null or { Code: "OwnRequest" } ? null : against.Message);
    }

    private static async Task<(List<ThreadEvent>, Dictionary<PersonId, PersonFacts>, List<string>, Dictionary<GrantId, LeftBehind>)> EventsAsync(
        PortalDbContext db, AccessRequest request, List<GrantView> grants, CancellationToken cancellation)
    {
        var bySubject = grants.ToDictionary(g => LedgerSubject.Of(g.Id));
        string[] subjects = [LedgerSubject.Of(request.Id), .. bySubject.Keys];
        var entries = await db.LedgerEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject)).OrderBy(e => e.Sequence).Take(MostEvents).ToListAsync(cancellation);
        PersonId[] ids = [request.RequesterId, .. entries.Select(ThreadEvents.ActorOf).OfType<PersonId>()];
        var people = await db.People.AsNoTracking().Where(p => ids.Contains(p.Id))
            .Select(p => new PersonFacts(p.Id, p.Name, p.UserName)).ToDictionaryAsync(p => p.Id, cancellation);
        var what = RequestWords.What(request);
        var events = entries.ConvertAll(e => ThreadEvents.Of(e, people, what, bySubject.GetValueOrDefault(e.Subject)));
        // A draft is nobody's business but its writer's, so the ledger does not have it.
        if (request.SubmittedAt is null)
            events.Insert(0, new(0, request.CreatedAt, people[request.RequesterId], $"wrote down a request for {what}.", Components.Elements.Tone.Neutral, Components.Icons.Glyphs.Requests, null, "", []));
        return (events, people, [.. entries.Where(e => e.Act == LedgerActs.RequestReopened).SelectMany(Added).Distinct()], LeftBehindOf(entries, bySubject));
    }

    private static Dictionary<GrantId, LeftBehind> LeftBehindOf(List<LedgerEntry> entries, Dictionary<string, GrantView> bySubject)
    {
        var left = new Dictionary<GrantId, LeftBehind>();
        foreach (var entry in entries.Where(e => e.Act == LedgerActs.GrantLookedAfter))
            if (LeftBehind.Read(JsonNode.Parse(entry.Content)) is { } read) left[bySubject[entry.Subject].Id] = read;
        return left;
    }

    private static List<string> Added(LedgerEntry reopened)
    {
        using var content = JsonDocument.Parse(reopened.Content);
        return content.RootElement.TryGetProperty("added", out var added) && added.ValueKind == JsonValueKind.Array
            ? [.. added.EnumerateArray().Select(atom => atom.GetString() ?? "")]
            : [];
    }

    private static async Task<DecisionAid> AidAsync(PortalDbContext db, GovernedRequest governed, List<string> added, CurrentPerson person, DateTimeOffset now, CancellationToken cancellation)
    {
        var request = governed.Request;
        var newest = await db.AccessRequests.AsNoTracking()
            .Where(r => r.RequesterId == request.RequesterId && r.ElevatedRoleId == request.ElevatedRoleId && r.SubmittedAt != null && r.Id != request.Id)
            .OrderByDescending(r => r.CreatedAt).Take(MostLookedAt)
            .Join(db.WorkflowVersions, r => new { r.WorkflowId, Version = r.WorkflowVersion }, v => new { v.WorkflowId, v.Version }, (r, v) => new { Request = r, Workflow = v })
            .OrderByDescending(r => r.Request.CreatedAt)
            .Select(r => new { r.Request, r.Workflow, Grants = db.Grants.Where(g => g.RequestId == r.Request.Id).ToList() })
            .ToListAsync(cancellation);
        // Others may have decided the entry then: their requesters' reasons stay theirs.
        var earlier = newest.Where(r => RequestVisibility.MaySee(r.Request, r.Workflow, person)).Take(MostEarlier);
        var rules = await db.ReadRulesAsync(governed.Entry, cancellation);
        IReadOnlyList<string> widened = rules is null ? [] : RoleInWords.Atoms(Escalation.Uncovered(RoleRules.Parse(request.PinnedRules), rules));
        return new(
            [.. earlier.Select(r => new EarlierRequest(r.Request.Id, r.Request.CreatedAt, RequestState.Of(r.Request.Status, [.. r.Grants.Select(g => GrantView.Of(g, now))]), r.Request.Reason))],
            added, widened);
    }
}

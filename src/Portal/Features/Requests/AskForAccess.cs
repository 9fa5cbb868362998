using System.Security.Claims;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>
/// Writes a request down as a draft and begins the step-up that submits it. The draft is in the database before the browser
/// leaves, so nothing typed is lost whatever happens there.
/// </summary>
[UseCase]
public sealed class AskForAccess(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, StepUpEngine stepUp, PersonLimits limits, TimeProvider clock)
{
    /// <summary>Drafts a request and begins its step-up.</summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="role">For which catalogue entry.</param>
    /// <param name="content">What was typed.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    /// <returns>The challenge to answer.</returns>
    public async Task<Outcome<StepUpChallengeId>> AskAsync(Actor actor, ElevatedRoleId role, AccessRequestContent content, CancellationToken cancellation)
    {
        var draft = await DraftAsync(actor, role, content, null, cancellation);
        return draft.Succeeded ? await SubmitAsync(actor, draft.Value, cancellation) : draft.Refusal!;
    }

    /// <summary>Drafts a request that extends an access which the actor holds, and begins its step-up.</summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="extended">The request whose access is extended; entry, role and namespaces are its own.</param>
    /// <param name="content">What was typed; its namespaces count for nothing.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    /// <returns>The challenge to answer.</returns>
    public async Task<Outcome<StepUpChallengeId>> ExtendAsync(Actor actor, AccessRequestId extended, AccessRequestContent content, CancellationToken cancellation)
    {
        ExtendedRequest? earlier;
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
        {
            var current = await guard.FindAsync(db, actor, cancellation);
            if (!current.Succeeded) return current.Refusal!;
            earlier = await ExtendedRequest.ReadAsync(db, extended, cancellation);
            if (earlier is null || earlier.Request.RequesterId != current.Value.Id) return GovernedRequest.NotFound;
        }
        var draft = await DraftAsync(actor, earlier.Request.ElevatedRoleId, content with { Namespaces = earlier.Request.Namespaces }, earlier, cancellation);
        return draft.Succeeded ? await SubmitAsync(actor, draft.Value, cancellation) : draft.Refusal!;
    }

    /// <summary>Begins the step-up of a draft that is there already.</summary>
    /// <param name="actor">Whose draft.</param>
    /// <param name="id">The draft.</param>
    /// <param name="cancellation">Stops it before anything is saved.</param>
    public async Task<Outcome<StepUpChallengeId>> SubmitAsync(Actor actor, AccessRequestId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var draft = await db.AccessRequests.AsNoTracking()
            .Where(r => r.Id == id && r.RequesterId == current.Value.Id)
            .Join(db.ElevatedRoleVersions, r => new { r.ElevatedRoleId, Version = r.ElevatedRoleVersion }, v => new { v.ElevatedRoleId, v.Version }, (r, v) => new { r.Status, v.ConfirmAfterStepUp })
            .SingleOrDefaultAsync(cancellation);
        if (draft is null) return GovernedRequest.NotFound;
        if (draft.Status != RequestStatus.Draft) return new Refusal("SubmittedBefore", "This request has been submitted already.", RequestWords.Address(id));
        return await stepUp.BeginAsync(actor, ActKind.SubmitRequest, id.Value, 1, "", draft.ConfirmAfterStepUp, RequestWords.Address(id), cancellation);
    }

    private async Task<Outcome<AccessRequestId>> DraftAsync(Actor actor, ElevatedRoleId role, AccessRequestContent content, ExtendedRequest? extends, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;

        var (entry, workflow) = await CurrentAsync(db, role, cancellation);
        // Somebody who may not ask learns nothing about what there is.
        if (entry is null || workflow is null || RequestRules.CheckRequester(entry, workflow, current.Value.Id, current.Value.Session.Groups, now) is { Code: "NotRequestable" })
            return new Refusal("RoleUnknown", "There is no such role in your catalogue.", "/catalogue");
        if (RequestRules.CheckRequester(entry, workflow, current.Value.Id, current.Value.Session.Groups, now) is { } notAllowed) return notAllowed;
        if (extends?.Check(entry, content.Namespaces ?? [], content.WantedStart, current.Value.Id) is { } notExtended) return notExtended;
        if (RequestRules.CheckContent(content, entry, now) is { } wrong) return wrong;
        var rules = await db.ReadRulesAsync(entry, cancellation);
        if (RequestRules.CheckRules(rules) is { } unusable) return unusable;
        var cluster = await db.Clusters.AsNoTracking().SingleAsync(c => c.Id == entry.ClusterId, cancellation);
        var name = ClusterUserName.From(cluster.UserNameClaim, cluster.UserNamePrefix, current.Value.Session.Claims.Select(c => new Claim(c.Key, c.Value)));
        if (!name.Succeeded) return name.Refusal!;

        var request = AccessRequest.Draft(content, entry, workflow, rules!, current.Value.Id, name.Value, now, extends?.Request.Id);
        using var span = LapseTraces.Start("request.draft", request.Id);
        if (await SubmitRequest.FindIdenticalAsync(db, request, cancellation) is { } identical) return identical;
        // Last, so that whoever gets the form wrong is told what is wrong with it.
        if (await limits.CheckDraftAsync(db, current.Value.Id, cancellation) is { } tooMany) return tooMany;
        db.AccessRequests.Add(request);
        await db.CommitAsync(cancellation);
        return request.Id;
    }

    private static async Task<(ElevatedRoleVersion?, WorkflowVersion?)> CurrentAsync(PortalDbContext db, ElevatedRoleId role, CancellationToken cancellation)
    {
        var entry = await db.ElevatedRoles.Where(r => r.Id == role && r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { Id = r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
            .AsNoTracking().SingleOrDefaultAsync(cancellation);
        if (entry is null) return (null, null);
        var workflow = await db.Workflows.Where(w => w.Id == entry.WorkflowId)
            .Join(db.WorkflowVersions, w => new { Id = w.Id, Version = w.CurrentVersion }, v => new { Id = v.WorkflowId, v.Version }, (_, v) => v)
            .AsNoTracking().SingleAsync(cancellation);
        return (entry, workflow);
    }
}

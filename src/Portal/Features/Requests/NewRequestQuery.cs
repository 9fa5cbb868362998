using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Catalogue;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Requests;

/// <summary>What somebody needs to know to ask for one entry; only for those who may ask for it.</summary>
public sealed class NewRequestQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, TimeProvider clock) : IPageQuery<NewRequestAsk, NewRequestView>
{
    // The same words whether there is no such entry or it is none of this person's business.
    private static readonly Refusal NotFound = new("RoleUnknown", "There is no such role in your catalogue.", "/catalogue");

    /// <inheritdoc/>
    public async Task<Outcome<NewRequestView>> AskAsync(Actor actor, NewRequestAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var current = await guard.FindAsync(db, actor, cancellation);
        if (!current.Succeeded) return current.Refusal!;
        var person = current.Value;

        if (!PlainText.IsLine(ask.Role)) return NotFound;
        ExtendedRequest? earlier = null;
        if (ask.Extend.Length > 0)
        {
            earlier = UuidId.TryParse<AccessRequestId>(ask.Extend, out var extended) ? await ExtendedRequest.ReadAsync(db, extended, cancellation) : null;
            if (earlier is null || earlier.Request.RequesterId != person.Id) return GovernedRequest.NotFound;
        }
        var wanted = earlier?.Request.ElevatedRoleId.ToString() ?? ask.Role;
        var offers = db.OfferedTo(person);
        offers = UuidId.TryParse<ElevatedRoleId>(wanted, out var id) ? offers.Where(o => o.Entry.ElevatedRoleId == id) : offers.Where(o => o.Name == ask.Role);
        if (await offers.SingleOrDefaultAsync(cancellation) is not { } offer) return NotFound;
        var entry = offer.Entry;
        var open = await db.AccessRequests.AsNoTracking()
            .Where(r => r.RequesterId == person.Id && r.OpenKey != null && r.ElevatedRoleId == entry.ElevatedRoleId)
            .OrderByDescending(r => r.CreatedAt)
            .Select(r => new OpenRequest(r.Id, r.Status))
            .FirstOrDefaultAsync(cancellation);
        return new NewRequestView(
            entry.ElevatedRoleId, entry.Title, entry.Environment, entry.Role, earlier?.Request.Namespaces ?? entry.Namespaces, entry.Maximum, entry.Default, entry.ConfirmAfterStepUp,
            RoleFacts.Of(offer.Snapshot?.Rules, entry.Namespaces, offer.Snapshot?.ReadAt),
            ClusterGlance.Of(offer.Cluster, offer.Health),
            await db.AskedAsync(offer.Workflow.Stages, person.Id, cancellation),
            earlier is null ? open : null,
            (earlier is null ? null : await HindranceAsync(db, earlier, entry, person, cancellation)) ?? offer.Hindrance(person, clock.GetUtcNow()),
            earlier is null ? null : FactsOf(earlier));
    }

    // The same that the use case decides, which decides again.
    private static async Task<Refusal?> HindranceAsync(PortalDbContext db, ExtendedRequest earlier, ElevatedRoleVersion entry, CurrentPerson person, CancellationToken cancellation) =>
        earlier.Check(entry, earlier.Request.Namespaces, null, person.Id) ?? await SubmitRequest.FindExtensionAsync(db, earlier.Request.Id, null, cancellation);

    private static ExtensionFacts FactsOf(ExtendedRequest earlier) => new(
        earlier.Request.Id, RequestWords.What(earlier.Request), earlier.Request.Ticket, earlier.Request.Duration,
        earlier.Grants.Where(g => g.Status == GrantStatus.Active).Min(g => g.EndsAt));

}

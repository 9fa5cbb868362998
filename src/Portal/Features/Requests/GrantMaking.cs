using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Features.Requests;

/// <summary>Turns an approved request into its grants, in the transaction of the approval.</summary>
internal static class GrantMaking
{
    public static void Make(PortalDbContext db, AccessRequest request, WorkflowVersion workflow, DateTimeOffset now)
    {
        foreach (var grant in Grant.Of(request, workflow.ProvisionWithin, now))
        {
            db.Grants.Add(grant);
            db.Record(now, LedgerActor.Lapse, LedgerActs.GrantScheduled, LedgerSubject.Of(grant.Id), new JsonObject
            {
                ["request"] = request.Id.ToString(),
                ["role"] = grant.Role.ToString(),
                ["namespace"] = grant.Namespace,
                ["clusterUser"] = grant.ClusterUserName,
                ["startsAt"] = CanonicalTime.Text(grant.StartsAt),
                ["provisionUntil"] = CanonicalTime.Text(grant.ProvisionUntil),
                ["durationSeconds"] = (long)grant.Duration.TotalSeconds,
            });
        }
    }
}

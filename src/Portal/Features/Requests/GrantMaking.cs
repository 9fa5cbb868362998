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
    /// <summary>Makes them. The entry of the approval names them (<see cref="Names"/>), so that no other row passes for one of them.</summary>
    public static IReadOnlyList<Grant> Make(PortalDbContext db, AccessRequest request, WorkflowVersion workflow, DateTimeOffset now)
    {
        var grants = Grant.Of(request, workflow.ProvisionWithin, now);
        db.Grants.AddRange(grants);
        return grants;
    }

    /// <summary>The grants for the entry of the approval that made them; <see langword="null"/> if it made none.</summary>
    public static JsonArray? Names(IReadOnlyList<Grant> grants) => grants.Count == 0 ? null : new([.. grants.Select(grant => (JsonNode)grant.Id.ToString())]);

    /// <summary>Records them, after the approval.</summary>
    public static void Record(PortalDbContext db, IReadOnlyList<Grant> grants, DateTimeOffset now)
    {
        foreach (var grant in grants)
        {
            db.Record(now, LedgerActor.Lapse, LedgerActs.GrantScheduled, LedgerSubject.Of(grant.Id), new JsonObject
            {
                ["request"] = grant.RequestId.ToString(),
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

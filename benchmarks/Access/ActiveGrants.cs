using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Infrastructure.Tests.Reconciliation;
using Lapse.Portal.Authentication;

namespace Lapse.Benchmarks.Access;

/// <summary>
/// Many grants that are active, with their bindings in a real cluster, as after they were provisioned: rows by the domain's own moves,
/// bindings signed by the installation. Their evidence is left out, since no end asks for it.
/// </summary>
internal static class ActiveGrants
{
    private const int AtOnce = 32;

    /// <summary>Makes them; none of them ends within the hour.</summary>
    public static async Task<List<GrantId>> CreateAsync(TestDatabase database, Story story, Place place, int count, CancellationToken cancellation)
    {
        var rules = (await place.Api.ReadRoleAsync(RoleKind.ClusterRole, "edit", null, cancellation)).Value;
        var entries = await Task.WhenAll(place.Names.Select(name => story.EntryAsync([name], cancellation, approvals: 0)));
        List<GrantId> made = [];
        foreach (var batch in Enumerable.Range(0, count).Chunk(500))
        {
            await using var db = database.CreateDbContext();
            List<(AccessRequest Request, Grant Grant)> wanted = [];
            var now = DateTimeOffset.UtcNow;
            Actor? who = null;
            foreach (var number in batch)
            {
                // A person asks for each place once.
                if (who is null || number % entries.Length == 0) who = World.SignIn(db, $"holder{Guid.NewGuid():N}", now, "developers");
                var (entry, workflow) = entries[number % entries.Length];
                var request = AccessRequest.Draft(new(TimeSpan.FromHours(1), null, "The queue is stuck", "OPS-1"), entry, workflow, rules, who.PersonId, $"oidc:holder{number}", now);
                request.Submit(workflow, UuidId.New<StepUpProofId>(now), now);
                wanted.Add((request, Grant.Of(request, workflow.ProvisionWithin, now)[0]));
            }
            await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (one, token) => await ActivateAsync(story, place.Api, one.Request, one.Grant, token));
            db.AddRange(wanted.Select(one => one.Request));
            db.AddRange(wanted.Select(one => one.Grant));
            await db.CommitAsync(cancellation);
            made.AddRange(wanted.Select(one => one.Grant.Id));
        }
        return made;
    }

    private static async Task ActivateAsync(Story story, ClusterApi api, AccessRequest request, Grant grant, CancellationToken cancellation)
    {
        var now = DateTimeOffset.UtcNow;
        var spec = new BindingSpec
        {
            GrantId = grant.Id,
            RequestId = request.Id,
            Cluster = story.Cluster.Name,
            Namespace = grant.Namespace,
            Role = grant.Role,
            User = grant.ClusterUserName,
            Probe = BindingProbe.NewName(),
            NotAfter = now + grant.Duration + Grant.UsableWithin,
            Approvers = [],
            Ticket = request.Ticket,
        };
        var signature = TestInstallation.BindingKey.Sign(spec);
        grant.Begin(now);
        grant.Prepare(spec.Probe, spec.NotAfter, signature, now);
        if (await api.CreateBindingAsync(spec, signature, cancellation) is not CreateBindingResult.Created created) throw new InvalidOperationException("A binding could not be created.");
        grant.Created(created.Uid);
        grant.Answered();
        grant.Activate(now);
    }
}

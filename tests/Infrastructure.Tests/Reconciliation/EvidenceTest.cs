using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>The ground of tests of evidence: what somebody writes into the rows who owns the database, past what the portal would refuse.</summary>
public abstract class EvidenceTest(PostgresFixture postgres, ControlPlaneFixture controlPlane) : ReconciliationTest(postgres, controlPlane)
{
    // An owner takes off what keeps the rows together.
    private protected const string Loosen = """
        DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint WHERE contype = 'f' LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.owner, c.conname); END LOOP;
        END $$;

        """;

    private protected async Task NoteAsync(string act, string subject, JsonObject content)
    {
        await using var db = Database.CreateDbContext();
        db.Record(DateTimeOffset.UtcNow, LedgerActor.Lapse, act, subject, content);
        await db.CommitAsync(Cancellation);
    }

    // What the portal would refuse, written into the rows past it, with a real proof of that person.
    private protected async Task DecideAsync(AccessRequest request, (ElevatedRoleVersion Entry, Domain.Workflows.WorkflowVersion Workflow) governed, Actor who)
    {
        await using var db = Database.CreateOwnerContext();
        var row = await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id, Cancellation);
        var proof = await Story.ProveAsync(db, StepUpActs.Approve(row, governed.Entry, governed.Workflow, who.PersonId, 0, ""), who, Cancellation);
        db.Decisions.Add(new Decision { Id = UuidId.New<DecisionId>(DateTimeOffset.UtcNow), RequestId = row.Id, RequestVersion = 1, Stage = 0, PersonId = who.PersonId, Verdict = Verdict.Approve, Comment = "", DecidedAt = DateTimeOffset.UtcNow, ProofId = proof.Id });
        await db.CommitAsync(Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE access_requests SET status = 'Approved'", Cancellation);
    }

    private protected async Task<Grant> GrantOfAsync(AccessRequest request, TimeSpan provisionWithin)
    {
        await using var db = Database.CreateOwnerContext();
        var row = await db.AccessRequests.AsNoTracking().SingleAsync(r => r.Id == request.Id, Cancellation);
        var grant = Grant.Of(row, provisionWithin, DateTimeOffset.UtcNow)[0];
        db.Grants.Add(grant);
        await db.CommitAsync(Cancellation);
        return grant;
    }

    private protected async Task<GrantFacts> FactsAsync(Grant grant)
    {
        await using var db = Database.CreateDbContext();
        return await GrantFacts.ReadAsync(db, await db.Grants.AsNoTracking().SingleAsync(g => g.Id == grant.Id, Cancellation), Cancellation);
    }

    private protected async Task AssertRefusedAsync(Grant grant, string code)
    {
        await Wait.UntilAsync(async () => (await AlertsAsync(LedgerSubject.Of(grant.Id))).Count > 0, $"an alert of {code}", Cancellation);
        var alert = Assert.Single(await AlertsAsync(LedgerSubject.Of(grant.Id)));
        Assert.Equal(("EvidenceMismatch", code), (alert["kind"]!.GetValue<string>(), alert["code"]!.GetValue<string>()));
        var now = await ReadAsync(grant);
        Assert.Equal(FailureReason.EvidenceMismatch, now.FailureReason);
        Assert.True(now.Status is GrantStatus.Revoking or GrantStatus.Failed);
        var list = await Place.Api.ListBindingsAsync(new([Place.Name, "kube-system"], ClusterWide: true), Cancellation);
        Assert.DoesNotContain(list.Value.Bindings, binding => binding.Name == BindingKeys.NameOf(grant.Id));
        Assert.False(await MayAsync("oidc:alice"));
        Assert.False(await MayAsync("oidc:mallory"));
    }
}

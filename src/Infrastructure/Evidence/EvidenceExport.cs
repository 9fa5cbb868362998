using System.Data;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Evidence;

/// <summary>
/// Makes the bundle of evidence of one grant: all that shows, without Lapse and without its database, who asked for what, who approved
/// it, what was created and how it ended. It says what the records say; whether that holds is for whoever verifies it.
/// </summary>
public sealed class EvidenceExport(
    IDbContextFactory<PortalDbContext> contexts, Sealer sealer, InstallationKey key, BindingKey bindingKey, ProviderOptions provider, PortalGroups groups, TimeProvider clock)
{
    /// <summary>Makes the bundle.</summary>
    /// <returns>The signed file; a refusal when there is no such grant, or its records cannot be put together any more.</returns>
    public async Task<Outcome<EvidenceFile>> MakeAsync(GrantId id, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        // One snapshot, so that rows, entries and checkpoint belong together while others write.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var grant = await db.Grants.AsNoTracking().SingleOrDefaultAsync(g => g.Id == id, cancellation);
        if (grant is null) return new Refusal("GrantUnknown", "There is no such grant.");
        try
        {
            var facts = await GrantFacts.ReadAsync(db, grant, cancellation);
            if (facts.Request.Version != grant.RequestVersion)
                return new Refusal("DecidedAnew", "The request behind this access was decided anew since, about a wider role. What was decided before cannot be put together any more.");
            var made = clock.GetUtcNow();
            var ledger = await EvidenceLedger.ReadAsync(db, facts, key, made, cancellation);
            if (!ledger.Succeeded) return ledger.Refusal!;
            var bundle = await BundleAsync(db, facts, made, cancellation);
            bundle["ledger"] = ledger.Value;
            return new EvidenceFile(bundle, key.PublicKeyPem, key.Sign(EvidenceFile.Format, CanonicalJson.Serialize(bundle)));
        }
        catch (Exception broken) when (BrokenRecords.Says(broken))
        {
            return BrokenRecords.Refusal;
        }
    }

    private async Task<JsonObject> BundleAsync(PortalDbContext db, GrantFacts facts, DateTimeOffset made, CancellationToken cancellation)
    {
        var proofs = new EvidenceProofs(db, sealer);
        var (grant, request, entry, workflow, profile) = (facts.Grant, facts.Request, facts.Entry, facts.Workflow, provider.Effective());
        var changes = new EvidenceChanges(db, proofs);
        var bundle = new JsonObject
        {
            ["version"] = 1,
            ["installation"] = key.Fingerprint,
            ["madeAt"] = CanonicalTime.Text(made),
            ["provider"] = new JsonObject
            {
                // As its tokens name it, which is not always the address that it is asked at.
                ["issuer"] = facts.Requester.Issuer,
                ["client"] = provider.ClientId,
                ["groupsClaim"] = profile.GroupsClaim,
                ["acrClaim"] = profile.AcrClaim,
                ["acr"] = List(profile.Requirement.Acr),
                ["amr"] = List(profile.Requirement.Amr),
                ["adminGroup"] = groups.Admins,
            },
            ["cluster"] = new JsonObject
            {
                ["id"] = facts.Cluster.Id.ToString(),
                ["name"] = facts.Cluster.Name,
                ["title"] = facts.Cluster.Title,
                ["userNameClaim"] = facts.Cluster.UserNameClaim,
                ["userNamePrefix"] = facts.Cluster.UserNamePrefix,
            },
            ["entry"] = await changes.VouchedAsync(entry.Canonical(), entry.Attestation, cancellation),
            ["workflow"] = await changes.VouchedAsync(workflow.Canonical(), workflow.Attestation, cancellation),
            ["request"] = new JsonObject
            {
                ["id"] = request.Id.ToString(),
                ["version"] = request.Version,
                ["person"] = request.RequesterId.ToString(),
                ["rules"] = request.PinnedRules,
                ["proof"] = await proofs.OfAsync(request.ProofId, StepUpActs.Submit(request, entry, workflow), cancellation),
            },
            ["decisions"] = await DecisionsAsync(facts, proofs, cancellation),
            ["grant"] = GrantJson(grant),
            ["binding"] = Binding(facts),
            ["bindingKey"] = bindingKey.PublicKeyPem,
        };
        bundle["people"] = await PeopleAsync(db, [.. proofs.People, request.RequesterId], cancellation);
        bundle["providerKeys"] = await proofs.KeysAsync(cancellation);
        return bundle;
    }

    private static async Task<JsonArray> DecisionsAsync(GrantFacts facts, EvidenceProofs proofs, CancellationToken cancellation)
    {
        var decisions = new JsonArray();
        foreach (var decision in facts.Decisions)
            decisions.Add(new JsonObject
            {
                ["id"] = decision.Id.ToString(),
                ["stage"] = decision.Stage,
                ["person"] = decision.PersonId?.ToString(),
                ["verdict"] = decision.Verdict.ToString(),
                ["comment"] = decision.Comment,
                ["decidedAt"] = CanonicalTime.Text(decision.DecidedAt),
                ["proof"] = decision is { Verdict: Verdict.Approve, PersonId: { } person }
                    ? await proofs.OfAsync(decision.ProofId, StepUpActs.Approve(facts.Request, facts.Entry, facts.Workflow, person, decision.Stage, decision.Comment), cancellation) : null,
            });
        return decisions;
    }

    private static JsonObject GrantJson(Grant grant) => new()
    {
        ["id"] = grant.Id.ToString(),
        ["status"] = grant.Status.ToString(),
        ["namespace"] = grant.Namespace,
        ["usableAt"] = Time(grant.UsableAt),
        ["endsAt"] = Time(grant.EndsAt),
        ["endReason"] = grant.EndReason?.ToString(),
        ["failureReason"] = grant.FailureReason?.ToString(),
        ["endedAt"] = Time(grant.EndedAt),
        ["bindingUid"] = grant.BindingUid,
    };

    // As it was created; null when none was ever announced. Names may have changed since: then the signature shows it.
    private static JsonObject? Binding(GrantFacts facts)
    {
        if (facts.Grant is not { ProbeUser: { } probe, NotAfter: { } notAfter, Signature: { } signature }) return null;
        var binding = facts.Spec(probe, notAfter).ToObject(signature);
        return new JsonObject
        {
            ["name"] = binding.Name,
            ["namespace"] = binding.Namespace,
            ["roleRef"] = binding.RoleRef.ToString(),
            ["subjects"] = List(binding.Subjects.Select(subject => subject.Name)),
            ["annotations"] = new JsonObject(binding.Annotations.Select(annotation => KeyValuePair.Create(annotation.Key, (JsonNode?)annotation.Value))),
        };
    }

    private static async Task<JsonArray> PeopleAsync(PortalDbContext db, IReadOnlyCollection<PersonId> ids, CancellationToken cancellation)
    {
        var people = await db.People.AsNoTracking().Where(p => ids.Contains(p.Id)).OrderBy(p => p.Id).ToListAsync(cancellation);
        return new([.. people.Select(person => (JsonNode)new JsonObject
        {
            ["id"] = person.Id.ToString(),
            ["issuer"] = person.Issuer,
            ["subject"] = person.Subject,
            ["name"] = person.Name,
            ["userName"] = person.UserName,
        })]);
    }

    private static string? Time(DateTimeOffset? time) => time is { } at ? CanonicalTime.Text(at) : null;

    internal static JsonArray List(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);
}

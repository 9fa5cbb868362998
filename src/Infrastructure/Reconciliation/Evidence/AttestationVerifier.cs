using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Verifies that an operator or an admin vouches for a version of a catalogue entry or workflow, so that a row that was written
/// behind Lapse's back governs nothing.
/// </summary>
internal sealed class AttestationVerifier(InstallationKey key, ProofVerifier proofs, PortalGroups groups)
{
    /// <summary>The purpose of an operator's signature over a version's digest (<see cref="InstallationKey.Sign"/>).</summary>
    public const string OperatorDomain = InstallationKey.ConfigurationDomain;

    /// <summary>Reads what admins said and proved for versions, at once.</summary>
    public static async Task<Vouchers> ReadAsync(PortalDbContext db, IEnumerable<Attestation> attestations, CancellationToken cancellation)
    {
        ConfigurationChangeId[] ids = [.. attestations.Where(a => a.OperatorSignature is null).Select(a => a.ChangeId).OfType<Guid>().Select(ConfigurationChangeId.From)];
        if (ids.Length == 0) return Vouchers.None;
        var changes = await db.ConfigurationChanges.AsNoTracking().Where(c => ids.Contains(c.Id)).ToDictionaryAsync(c => c.Id, cancellation);
        PersonId[] admins = [.. changes.Values.SelectMany(c => new[] { c.AuthorId, c.ConfirmerId }).OfType<PersonId>().Distinct()];
        return new(
            changes,
            await db.People.AsNoTracking().Where(p => admins.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellation),
            await StepUpProofs.ReadAsync(db, changes.Values.SelectMany(c => new[] { c.AuthorProofId, c.ConfirmerProofId }), cancellation));
    }

    /// <summary>The reason why nobody vouches for the version; <see langword="null"/> if somebody does.</summary>
    /// <param name="vouchers">What was read for it.</param>
    /// <param name="attestation">What the version's row says.</param>
    /// <param name="kind">The kind of change that makes such a version.</param>
    /// <param name="subject">The id of the entry or workflow.</param>
    /// <param name="canonical">The version's canonical form.</param>
    /// <param name="what">What it is, in words.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Refusal?> VerifyAsync(
        Vouchers vouchers, Attestation attestation, ChangeKind kind, Guid subject, JsonObject canonical, string what, CancellationToken cancellation)
    {
        if (attestation.OperatorSignature is { } signature)
            return key.Verify(OperatorDomain, CanonicalJson.Digest(canonical), signature) ? null : new("NotAttested", $"The {what} carries an operator's signature that is not over what it says now.");
        if (attestation.ChangeId is not { } changeId) return new("NotAttested", $"Nobody vouches for the {what}.");

        if (!vouchers.Changes.TryGetValue(ConfigurationChangeId.From(changeId), out var change) || change.Status != ChangeStatus.Applied) return new("NotAttested", $"The {what} names a configuration change that never came into force.");
        if (change.Kind != kind || change.SubjectId != subject || change.After != CanonicalJson.ToText(canonical))
            return new("NotAttested", $"The {what} names a configuration change that says something else.");
        return await VerifyAdminAsync(vouchers, change.AuthorProofId, StepUpActs.Propose(change), change.AuthorId, what, cancellation)
            ?? await VerifySecondAsync(vouchers, change, what, cancellation);
    }

    private async Task<Refusal?> VerifySecondAsync(Vouchers vouchers, ConfigurationChange change, string what, CancellationToken cancellation)
    {
        if (!change.NeedsSecondAdmin) return null;
        if (change.ConfirmerId is not { } confirmer) return new("NotAttested", $"No second admin confirmed the {what}.");
        if (await VerifyAdminAsync(vouchers, change.ConfirmerProofId, StepUpActs.Confirm(change, confirmer), confirmer, what, cancellation) is { } refused) return refused;
        // (issuer, sub) is unique in the table of people, so two ids are two people once each token was found to be its person's.
        return confirmer == change.AuthorId ? new("NotAttested", $"The same admin proposed and confirmed the {what}.") : null;
    }

    private async Task<Refusal?> VerifyAdminAsync(Vouchers vouchers, StepUpProofId? proof, StepUpAct act, PersonId admin, string what, CancellationToken cancellation)
    {
        if (!vouchers.Admins.TryGetValue(admin, out var person)) return new("NotAttested", $"The admin who vouches for the {what} is unknown.");
        var proved = await proofs.VerifyAsync(vouchers.Proofs, proof, act, person, cancellation);
        if (!proved.Succeeded) return proved.Refusal;
        return groups.IsAdmin(proved.Value.Groups) ? null : new("NotAttested", $"Whoever vouches for the {what} was no admin when they did.");
    }
}

/// <summary>Rows, not truths: the changes that versions name, who made and confirmed them, and the proofs that those name.</summary>
/// <param name="Changes">The changes that are there.</param>
/// <param name="Admins">Their people.</param>
/// <param name="Proofs">Their proofs.</param>
internal sealed record Vouchers(
    IReadOnlyDictionary<ConfigurationChangeId, ConfigurationChange> Changes, IReadOnlyDictionary<PersonId, Person> Admins, IReadOnlyDictionary<StepUpProofId, StepUpProof> Proofs)
{
    /// <summary>Nothing is named.</summary>
    public static readonly Vouchers None = new(new Dictionary<ConfigurationChangeId, ConfigurationChange>(), new Dictionary<PersonId, Person>(), new Dictionary<StepUpProofId, StepUpProof>());
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
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
        return ids.Length == 0 ? Vouchers.None : await ReadAsync(db, await db.ConfigurationChanges.AsNoTracking().Where(c => ids.Contains(c.Id)).ToListAsync(cancellation), cancellation);
    }

    /// <summary>The reason why nobody vouches for the version; <see langword="null"/> if somebody does.</summary>
    /// <param name="db">A context.</param>
    /// <param name="attestation">What the version's row says.</param>
    /// <param name="kind">The kind of change that makes such a version.</param>
    /// <param name="subject">The id of the entry or workflow.</param>
    /// <param name="canonical">The version's canonical form.</param>
    /// <param name="what">What it is, in words.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Refusal?> VerifyAsync(PortalDbContext db, Attestation attestation, ChangeKind kind, Guid subject, JsonObject canonical, string what, CancellationToken cancellation) =>
        await VerifyAsync(await ReadAsync(db, [attestation], cancellation), attestation, kind, subject, canonical, what, cancellation);

    /// <summary>The same with what was read for several versions.</summary>
    public async Task<Refusal?> VerifyAsync(Vouchers vouchers, Attestation attestation, ChangeKind kind, Guid subject, JsonObject canonical, string what, CancellationToken cancellation)
    {
        if (attestation.OperatorSignature is { } signature)
            return key.Verify(OperatorDomain, CanonicalJson.Digest(canonical), signature) ? null : new("NotAttested", $"The {what} carries an operator's signature that is not over what it says now.");
        if (attestation.ChangeId is not { } changeId) return new("NotAttested", $"Nobody vouches for the {what}.");

        if (!vouchers.Changes.TryGetValue(ConfigurationChangeId.From(changeId), out var change) || change.Status != ChangeStatus.Applied)
            return new("NotAttested", $"The {what} names a configuration change that never came into force.");
        if (change.SubjectId != subject || !Says(change, kind, canonical)) return new("NotAttested", $"The {what} names a configuration change that says something else.");
        return (await VerifyChangeAsync(vouchers, change, what, cancellation)).Refusal;
    }

    /// <summary>That the author of a change proved it and, if it needs one, a second admin confirmed it; whatever its row says of where it stands.</summary>
    /// <param name="db">A context.</param>
    /// <param name="change">The change as its row has it now.</param>
    /// <param name="what">What it vouches for, in words.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What the admins' own tokens say; the reason if they prove nothing.</returns>
    public async Task<Outcome<IReadOnlyList<ProvedAct>>> VerifyChangeAsync(PortalDbContext db, ConfigurationChange change, string what, CancellationToken cancellation) =>
        await VerifyChangeAsync(await ReadAsync(db, [change], cancellation), change, what, cancellation);

    /// <summary>That an admin proved an act.</summary>
    /// <param name="db">A context.</param>
    /// <param name="proof">The proof that the row names.</param>
    /// <param name="act">The act, rebuilt from the rows.</param>
    /// <param name="admin">Who acted.</param>
    /// <param name="what">What it vouches for, in words.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Outcome<ProvedAct>> VerifyAdminAsync(PortalDbContext db, StepUpProofId? proof, StepUpAct act, PersonId admin, string what, CancellationToken cancellation)
    {
        var admins = await db.People.AsNoTracking().Where(p => p.Id == admin).ToDictionaryAsync(p => p.Id, cancellation);
        var vouchers = Vouchers.None with { Admins = admins, Proofs = await StepUpProofs.ReadAsync(db, [proof], cancellation) };
        return await VerifyAdminAsync(vouchers, proof, act, admin, what, cancellation);
    }

    private static async Task<Vouchers> ReadAsync(PortalDbContext db, IReadOnlyList<ConfigurationChange> changes, CancellationToken cancellation)
    {
        PersonId[] admins = [.. changes.SelectMany(c => new[] { c.AuthorId, c.ConfirmerId }).OfType<PersonId>().Distinct()];
        return new(
            changes.ToDictionary(c => c.Id),
            await db.People.AsNoTracking().Where(p => admins.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellation),
            await StepUpProofs.ReadAsync(db, changes.SelectMany(c => new[] { c.AuthorProofId, c.ConfirmerProofId }), cancellation));
    }

    private async Task<Outcome<IReadOnlyList<ProvedAct>>> VerifyChangeAsync(Vouchers vouchers, ConfigurationChange change, string what, CancellationToken cancellation)
    {
        var author = await VerifyAdminAsync(vouchers, change.AuthorProofId, StepUpActs.Propose(change), change.AuthorId, what, cancellation);
        if (!author.Succeeded) return author.Refusal!;
        if (!change.NeedsSecondAdmin) return new ProvedAct[] { author.Value };
        if (change.ConfirmerId is not { } confirmer) return new Refusal("NotAttested", $"No second admin confirmed the {what}.");
        var second = await VerifyAdminAsync(vouchers, change.ConfirmerProofId, StepUpActs.Confirm(change, confirmer), confirmer, what, cancellation);
        if (!second.Succeeded) return second.Refusal!;
        // (issuer, sub) is unique in the table of people, so two ids are two people once each token was found to be its person's.
        return confirmer == change.AuthorId ? new Refusal("NotAttested", $"The same admin proposed and confirmed the {what}.") : new[] { author.Value, second.Value };
    }

    private async Task<Outcome<ProvedAct>> VerifyAdminAsync(Vouchers vouchers, StepUpProofId? proof, StepUpAct act, PersonId admin, string what, CancellationToken cancellation)
    {
        if (!vouchers.Admins.TryGetValue(admin, out var person)) return new Refusal("NotAttested", $"The admin who vouches for the {what} is unknown.");
        var proved = await proofs.VerifyAsync(vouchers.Proofs, proof, act, person, cancellation);
        if (!proved.Succeeded) return proved;
        return groups.IsAdmin(proved.Value.Groups) ? proved : new Refusal("NotAttested", $"Whoever vouches for the {what} was no admin when they did.");
    }

    // A change from standing to just-in-time access has the entry that it makes as a part of what it says.
    private static bool Says(ConfigurationChange change, ChangeKind kind, JsonObject canonical)
    {
        if (change.Kind == kind) return change.After == CanonicalJson.ToText(canonical);
        return kind == ChangeKind.ElevatedRole && change.Kind == ChangeKind.JustInTime && JustInTimeChange.MadeEntry(change.After) is { } made && JsonNode.DeepEquals(made, canonical);
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

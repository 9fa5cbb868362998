using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// Exchanges the certificate of the key ring, makes a new key in the ring, and encrypts with it what is stored. Run by an operator as the
/// database's owner, since nobody else may change the key ring and proofs. Each step is whole by itself; what is done is told by what is there,
/// so it goes on wherever it was ended.
/// </summary>
public sealed partial class KeyRotation(IDbContextFactory<PortalDbContext> database, IKeyManager keys, IOptions<KeyManagementOptions> ring, Sealer sealer, KeyFolderPath folder, TimeProvider clock, ILogger<KeyRotation> log)
{
    // A replica reads the key ring anew within a day. Until it has, it opens nothing that is encrypted with a newer key.
    private static readonly TimeSpan Propagation = TimeSpan.FromDays(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);
    private const int Batch = 200;
    // Of ASP.NET Core: four bytes that are always the same, then the key's id.
    private const int IdAt = 4;

    /// <summary>Rotates, or goes on with a rotation.</summary>
    /// <param name="atOnce">Whether the new key counts now, and not only when every replica knows it.</param>
    /// <param name="cancellation">Ends it between two steps.</param>
    public async Task<RotationState> RunAsync(bool atOnce, CancellationToken cancellation)
    {
        var exchanged = KeyRingCertificate.Exchange(folder.Value, clock.GetUtcNow());
        var elements = await Ring.RenewAsync(cancellation);
        var (key, made) = Key(atOnce);
        var active = Sealed(sealer.Seal("lapse/rotation/v1", []), key.KeyId);
        var (renewed, lost) = active ? await RenewAsync(key.KeyId, cancellation) : (0, 0);
        var state = new RotationState(exchanged, elements, made, key.KeyId, active ? null : key.ActivationDate, renewed, lost);
        if (state.Changed) await RecordAsync(state, removed: 0, cancellation);
        return state;
    }

    /// <summary>Deletes the old certificates, once nothing is under them or under a key from before them.</summary>
    /// <returns>How many; or what is still to be done.</returns>
    public async Task<Outcome<int>> RemoveOldAsync(CancellationToken cancellation)
    {
        var old = KeyRingCertificate.OldFiles(folder.Value).Count;
        if (old == 0) return 0;
        var state = await RunAsync(atOnce: false, cancellation);
        if (state.ActiveAt is { } at) return new Refusal("NotYet", $"The new key counts from {at:u} on. Run lapse rotate-keys then, and remove the old certificate after it.");
        KeyRingCertificate.DeleteOld(folder.Value);
        await RecordAsync(state, old, cancellation);
        return old;
    }

    private SignedKeyRing Ring => (SignedKeyRing)ring.Value.XmlRepository!;

    private (IKey Key, bool Made) Key(bool atOnce)
    {
        using var certificate = KeyRingCertificate.Open(folder.Value);
        var now = clock.GetUtcNow();
        var known = keys.GetAllKeys().Where(k => !k.IsRevoked).ToList();
        var newest = known.Where(k => k.CreationDate >= KeyRingCertificate.MadeAt(certificate)).MaxBy(k => k.CreationDate);
        if (newest is not null && !(atOnce && newest.ActivationDate > now)) return (newest, false);
        // Where there is no other, nobody is waited for.
        var start = atOnce || known.Count == 0 ? now : now + Propagation;
        return (keys.CreateNewKey(start, start + Lifetime), true);
    }

    private async Task<(int Renewed, int Lost)> RenewAsync(Guid key, CancellationToken cancellation)
    {
        var (id, renewed, lost) = (key.ToByteArray(), 0, 0);
        await using var db = await database.CreateDbContextAsync(cancellation);
        foreach (var cluster in await db.Clusters.FromSql($"SELECT *, xmin FROM clusters WHERE length(sealed_credential) > 0 AND substring(sealed_credential FROM 5 FOR 16) <> {id}").AsNoTracking().ToListAsync(cancellation))
            Count(await RenewAsync(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential, $"cluster {cluster.Id}", (was, now) =>
                db.Database.ExecuteSqlAsync($"UPDATE clusters SET sealed_credential = {now} WHERE id = {cluster.Id.Value} AND sealed_credential = {was}", cancellation)));
        foreach (var change in await db.ConfigurationChanges.FromSql($"SELECT *, xmin FROM configuration_changes WHERE substring(sealed_secret FROM 5 FOR 16) <> {id}").AsNoTracking().ToListAsync(cancellation))
            Count(await RenewAsync(SealPurposes.ChangeSecret(CanonicalJson.Digest(CanonicalJson.Parse(change.After))), change.SealedSecret!, $"change {change.Id}", (was, now) =>
                db.Database.ExecuteSqlAsync($"UPDATE configuration_changes SET sealed_secret = {now} WHERE id = {change.Id.Value} AND sealed_secret = {was}", cancellation)));
        for (var after = Guid.Empty; ;)
        {
            var proofs = await db.StepUpProofs.FromSql($"SELECT * FROM step_up_proofs WHERE id > {after} AND substring(sealed_token FROM 5 FOR 16) <> {id} ORDER BY id LIMIT {Batch}").AsNoTracking().ToListAsync(cancellation);
            if (proofs.Count == 0) return (renewed, lost);
            foreach (var proof in proofs)
                Count(await RenewAsync(SealPurposes.ProofToken(proof.Id), proof.SealedToken, $"proof {proof.Id}", (was, now) =>
                    db.Database.ExecuteSqlAsync($"UPDATE step_up_proofs SET sealed_token = {now} WHERE id = {proof.Id.Value} AND sealed_token = {was}", cancellation)));
            after = proofs.Max(p => p.Id.Value);
        }

        void Count(int? rows) => (renewed, lost) = rows is { } done ? (renewed + done, lost) : (renewed, lost + 1);
    }

    // Null where it opens with nothing: it did not before either, and is left as it is.
    private async Task<int?> RenewAsync(string purpose, byte[] was, string what, Func<byte[], byte[], Task<int>> save)
    {
        if (sealer.Open(purpose, was) is { } clear) return await save(was, sealer.Seal(purpose, clear));
        LogLost(what);
        return null;
    }

    private async Task RecordAsync(RotationState state, int removed, CancellationToken cancellation)
    {
        using var certificate = KeyRingCertificate.Open(folder.Value);
        await using var db = await database.CreateDbContextAsync(cancellation);
        db.Record(clock.GetUtcNow(), LedgerActor.Operator, LedgerActs.OperatorRotatedKeys, "keys", new JsonObject
        {
            ["certificate"] = certificate.Thumbprint.ToLowerInvariant(),
            ["key"] = state.Key.ToString("D"),
            ["elements"] = state.Elements,
            ["renewed"] = state.Renewed,
            ["removed"] = removed,
        });
        await db.CommitAsync(cancellation);
    }

    private static bool Sealed(byte[] bytes, Guid key) => bytes.AsSpan(IdAt, 16).SequenceEqual(key.ToByteArray());

    [LoggerMessage(Level = LogLevel.Warning, Message = "What {What} keeps sealed opens with no key of the ring. It did not before either, and is left as it is.")]
    private partial void LogLost(string what);
}

/// <summary>Where the key folder is.</summary>
/// <param name="Value">The folder.</param>
public sealed record KeyFolderPath(string Value);

/// <summary>What a run of a rotation did and how far it is.</summary>
/// <param name="Exchanged">Whether it exchanged the certificate.</param>
/// <param name="Elements">Elements of the key ring that it encrypted anew.</param>
/// <param name="Made">Whether it made a key in the ring.</param>
/// <param name="Key">The key with which everything shall be encrypted.</param>
/// <param name="ActiveAt">From when on that key counts; <see langword="null"/> if it does.</param>
/// <param name="Renewed">Credentials, secrets and tokens that it encrypted with that key.</param>
/// <param name="Lost">Those that open with no key.</param>
public sealed record RotationState(bool Exchanged, int Elements, bool Made, Guid Key, DateTimeOffset? ActiveAt, int Renewed, int Lost)
{
    /// <summary>Whether this run did anything.</summary>
    public bool Changed => Exchanged || Elements > 0 || Made || Renewed > 0;
}

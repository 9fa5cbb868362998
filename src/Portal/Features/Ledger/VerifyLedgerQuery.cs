using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Ledger;

/// <summary>Recomputes the whole ledger for an admin or auditor, as <c>lapse verify-ledger</c> does.</summary>
public sealed class VerifyLedgerQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, LedgerVerifier verifier, InstallationKey key, TimeProvider clock) : IPageQuery<VerificationAsk, VerificationView>
{
    private static readonly Refusal NotAnExpectation = new("ExpectedFormat", "Write what you noted as SEQUENCE:HASH, with a hash of 64 hexadecimal digits, paste a checkpoint, or leave it empty.");
    private static readonly Refusal NotOurs = new("CheckpointNotOurs", "This checkpoint was not signed by this installation's key, or was changed. Nothing was compared.");

    /// <inheritdoc/>
    public async Task<Outcome<VerificationView>> AskAsync(Actor actor, VerificationAsk ask, CancellationToken cancellation)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellation))
        {
            var reader = await guard.FindReaderAsync(db, actor, cancellation);
            if (!reader.Succeeded) return reader.Refusal!;
        }
        LedgerExpectation? expected = null;
        List<SignedCheckpoint> given = [];
        if (ask.Expected.Trim() is { Length: > 0 } text && (expected = LedgerExpectation.Parse(text)) is null)
        {
            if (SignedCheckpoint.Read(text) is not { } checkpoint) return NotAnExpectation;
            if (!key.Verify(checkpoint)) return NotOurs;
            given.Add(checkpoint);
        }
        var at = clock.GetUtcNow();
        return new VerificationView(await verifier.VerifyAsync(expected, cancellation, new(given, key.Verify)), at);
    }
}

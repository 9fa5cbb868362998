using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Oidc;

/// <summary>
/// Whether the provider may answer step-ups. The sandbox's may in the sandbox; any other only after an admin saw it prove freshness
/// and the factor with the settings as they are now.
/// </summary>
public sealed class ProviderGate(ProviderOptions options, ProviderMode mode, InstallationKey installation, TimeProvider clock)
{
    /// <summary>The code of the refusal for want of a self-test.</summary>
    public const string NotTestedCode = "ProviderNotTested";

    private const string Domain = "lapse/provider-self-test/v1";
    private static readonly Refusal NotTested = new(NotTestedCode, "The identity provider has not passed its self-test, so nothing can be confirmed yet. Tell an admin.");

    /// <summary>Whether no test is wanted: the sandbox's own provider in the sandbox.</summary>
    public bool NeedsNoTest => options.Profile == ProviderProfile.Sandbox && mode.IsSandbox;

    /// <summary>Why the provider may not answer for this kind of act; <see langword="null"/> if it may.</summary>
    public async Task<Refusal?> CheckAsync(PortalDbContext db, ActKind act, CancellationToken cancellation)
    {
        if (NeedsNoTest) return null;
        if (options.Profile == ProviderProfile.Sandbox) return new("SandboxProvider", "The sandbox's identity provider counts in the sandbox only. Tell an admin.");
        // The self-test is the way through this gate, and nothing else comes of it.
        if (act == ActKind.TestProvider) return null;
        return await NewestAsync(db, cancellation) is { Passed: true } ? null : NotTested;
    }

    /// <summary>The newest self-test with the settings as they are; rows without a signature of this installation count for nothing.</summary>
    public async Task<ProviderSelfTest?> NewestAsync(PortalDbContext db, CancellationToken cancellation)
    {
        var digest = options.Digest();
        await foreach (var test in db.ProviderSelfTests.AsNoTracking().Where(t => t.SettingsDigest == digest).OrderByDescending(t => t.TestedAt).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (installation.Verify(Domain, test.Content(), test.Signature)) return test;
        }
        return null;
    }

    /// <summary>Notes that the provider passed with the settings as they are; the caller commits.</summary>
    /// <param name="db">The context.</param>
    /// <param name="admin">Who tested.</param>
    /// <param name="secondRound">What came of the second round: a refusal's code, or <see cref="ProviderTest.NoAnswer"/>.</param>
    /// <param name="proof">The facts of the first round's proof.</param>
    public void Pass(PortalDbContext db, PersonId admin, string secondRound, JsonObject proof)
    {
        Add(db, admin, passed: true);
        Record(db, admin, LedgerActs.ProviderTested, new JsonObject { ["secondRound"] = secondRound, ["proof"] = proof });
    }

    /// <summary>Notes that a test failed. A provider that confirmed somebody without a second factor may answer no more; the caller commits.</summary>
    public void Fail(PortalDbContext db, PersonId admin, int round, Refusal refusal)
    {
        if (refusal.Code == ProviderTest.ConfirmedWithoutFactor) Add(db, admin, passed: false);
        Record(db, admin, LedgerActs.ProviderTestFailed, new JsonObject { ["round"] = round, ["code"] = refusal.Code, ["answer"] = refusal.Message });
    }

    private void Add(PortalDbContext db, PersonId admin, bool passed)
    {
        var test = new ProviderSelfTest { SettingsDigest = options.Digest(), PersonId = admin, TestedAt = CanonicalTime.Cut(clock.GetUtcNow()), Passed = passed };
        db.ProviderSelfTests.Add(new ProviderSelfTest
        {
            SettingsDigest = test.SettingsDigest,
            PersonId = test.PersonId,
            TestedAt = test.TestedAt,
            Passed = test.Passed,
            Signature = installation.Sign(Domain, test.Content()),
        });
    }

    private void Record(PortalDbContext db, PersonId admin, string act, JsonObject content)
    {
        content["settings"] = Convert.ToHexStringLower(options.Digest());
        content["profile"] = options.Profile;
        db.Record(clock.GetUtcNow(), LedgerActor.Of(admin), act, LedgerSubject.Provider, content);
    }
}

/// <summary>Whether Lapse runs in its sandbox.</summary>
/// <param name="IsSandbox">Whether it does.</param>
public sealed record ProviderMode(bool IsSandbox);

using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>What a proof turned out to prove, taken from the provider's own token and from no row.</summary>
/// <param name="Issuer">Who vouches.</param>
/// <param name="Subject">For whom.</param>
/// <param name="AuthenticatedAt">When that person authenticated.</param>
/// <param name="Groups">The groups in the token; <see langword="null"/> when it does not say.</param>
/// <param name="TokenHash">SHA-256 of the token, in hexadecimal: no token counts twice.</param>
/// <param name="Claims">Every claim of the token.</param>
public sealed record ProvedAct(
    string Issuer, string Subject, DateTimeOffset AuthenticatedAt, IReadOnlyList<string>? Groups, string TokenHash, IReadOnlyDictionary<string, JsonElement> Claims)
{
    /// <summary>The claims as <see cref="Domain.Access.ClusterUserName"/> reads them.</summary>
    public IEnumerable<Claim> AsClaims() => Claims
        .Where(claim => claim.Value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False)
        .Select(claim => new Claim(claim.Key, claim.Value.ToString()));
}

/// <summary>
/// Verifies that a person's step-up was for exactly one act: the kept token is opened, its signature verified again by the pinned
/// key, and its nonce compared with the digest of the act as the rows have it now.
/// </summary>
public sealed class ProofVerifier(Sealer sealer, TokenVerifier tokens, ProviderOptions provider)
{
    /// <summary>Verifies one proof.</summary>
    /// <param name="db">A context.</param>
    /// <param name="id">The proof that the row names; <see langword="null"/> if it names none.</param>
    /// <param name="act">The act, rebuilt from the rows.</param>
    /// <param name="person">Whose it must be.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Outcome<ProvedAct>> VerifyAsync(PortalDbContext db, StepUpProofId? id, StepUpAct act, Person person, CancellationToken cancellation) =>
        await VerifyAsync(await StepUpProofs.ReadAsync(db, [id], cancellation), id, act, person, cancellation);

    /// <summary>Verifies one proof of those that were read together.</summary>
    /// <param name="kept">Proofs; one that is not among them is not there.</param>
    /// <param name="id">The proof that the row names; <see langword="null"/> if it names none.</param>
    /// <param name="act">The act, rebuilt from the rows.</param>
    /// <param name="person">Whose it must be.</param>
    /// <param name="cancellation">Stops it.</param>
    internal async Task<Outcome<ProvedAct>> VerifyAsync(IReadOnlyDictionary<StepUpProofId, StepUpProof> kept, StepUpProofId? id, StepUpAct act, Person person, CancellationToken cancellation)
    {
        if (id is not { } proofId) return Mismatch("ProofMissing", act, "has no step-up proof");
        if (!kept.TryGetValue(proofId, out var proof)) return Mismatch("ProofMissing", act, "names a step-up proof that is not there");
        if (proof.PersonId != act.PersonId || person.Id != act.PersonId) return Mismatch("ProofOfSomebodyElse", act, "names a step-up proof of another person");

        var opened = sealer.Open(SealPurposes.ProofToken(proof.Id), proof.SealedToken);
        if (opened is null) return Mismatch("TokenSealed", act, "keeps a token that this installation did not seal for it");
        var verified = await tokens.VerifyEvidenceAsync(Encoding.UTF8.GetString(opened), cancellation);
        if (!verified.Succeeded) return Mismatch("TokenInvalid", act, $"keeps a token that does not verify ({verified.Refusal!.Code})");

        var claims = verified.Value.Claims;
        if (proof.Salt.Length != StepUpNonce.SaltLength || !StepUpNonce.Equal(StepUpNonce.Compute(proof.Salt, act.Digest(), proof.ChallengedAt), claims.Nonce))
            return Mismatch("ActChanged", act, "was proved with other content than the records have now");
        if (claims.Audiences is not [var audience] || audience != provider.ClientId) return Mismatch("TokenAudience", act, "keeps a token that was not meant for Lapse alone");
        if (claims.Issuer != person.Issuer || claims.Subject != person.Subject) return Mismatch("TokenOfSomebodyElse", act, "keeps a token of somebody else than the records say");
        if (claims.AuthenticatedAt is not { } authenticated) return Mismatch("TokenTime", act, "keeps a token that does not say when the person authenticated");
        if (!provider.Effective().Requirement.IsSatisfiedBy(claims.Acr, [.. claims.Amr])) return Mismatch("TokenFactor", act, "keeps a token that shows no second factor");
        return new ProvedAct(claims.Issuer, claims.Subject, authenticated, claims.Groups, Convert.ToHexStringLower(SHA256.HashData(opened)), verified.Value.All);
    }

    private static Refusal Mismatch(string code, StepUpAct act, string what) => new(code, $"{Name(act)} {what}.");

    private static string Name(StepUpAct act) => act.Kind switch
    {
        ActKind.SubmitRequest => "The request",
        ActKind.ApproveRequest => "An approval",
        ActKind.ProposeChange => "The configuration change",
        ActKind.EnablePerson => "The readmission of a person",
        ActKind.EndHold => "The end of the hold",
        ActKind.RestoreBinding => "The restoration of a standing binding",
        ActKind.ConfirmChange => "The confirmation of the configuration change",
        ActKind.TestProvider => "The test of the identity provider",
    };
}

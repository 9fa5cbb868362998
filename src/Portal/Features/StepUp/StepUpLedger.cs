using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Telemetry;

namespace Lapse.Portal.Features.StepUp;

/// <summary>What the ledger says about step-ups. Never a token.</summary>
internal static class StepUpLedger
{
    public static void Proved(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, DateTimeOffset now)
    {
        LapseMetrics.Proved(challenge.Act.ToString());
        db.Record(now, LedgerActor.Of(challenge.PersonId), LedgerActs.StepUpProved, LedgerSubject.Of(challenge.Id), About(challenge, new JsonObject
        {
            ["digest"] = Convert.ToHexStringLower(challenge.Digest),
            ["proof"] = ProofFacts.Of(proof),
        }));
    }

    public static void Refused(PortalDbContext db, StepUpChallenge challenge, Refusal refusal, DateTimeOffset now)
    {
        LapseMetrics.Refused(refusal.Code);
        db.Record(now, LedgerActor.Of(challenge.PersonId), LedgerActs.StepUpRefused, LedgerSubject.Of(challenge.Id), About(challenge, new JsonObject { ["code"] = refusal.Code }));
    }

    private static JsonObject About(StepUpChallenge challenge, JsonObject content)
    {
        content["act"] = challenge.Act.ToString();
        content["subject"] = challenge.SubjectId.ToString("D");
        content["version"] = challenge.SubjectVersion;
        return content;
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features.StepUp;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>An act that leaves one ledger entry, so that “it was not done” can be seen.</summary>
public sealed class NoteAct(TimeProvider clock) : IStepUpActHandler
{
    public const string Done = "test.done";

    /// <summary>What the act is about; changing it changes the act.</summary>
    public string Content { get; set; } = "as shown";

    /// <summary>Whether doing it fails unexpectedly.</summary>
    public bool Breaks { get; set; }

    public ActKind Kind => ActKind.SubmitRequest;

    public Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var act = new StepUpAct(Kind, challenge.SubjectId, 1, challenge.PersonId, new JsonObject { ["content"] = Content, ["comment"] = challenge.Comment });
        return Task.FromResult<Outcome<NamedAct>>(new NamedAct(act, "Note <b>this</b> down", "Test cluster", [("Content", Content)]));
    }

    public Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        db.Record(clock.GetUtcNow(), LedgerActor.Of(proof.PersonId), Done, $"test:{challenge.SubjectId}", new JsonObject { ["proof"] = proof.Id.ToString() });
        if (Breaks) throw new InvalidOperationException("Broken on purpose.");
        return Task.FromResult<Outcome<string>>(proof.Groups.Contains("developers") ? "/done" : new Refusal("NotInGroup", "You are not in developers."));
    }
}

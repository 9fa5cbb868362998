using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Features.StepUp;

/// <summary>
/// One kind of act that needs a step-up. The step-up engine calls it twice, in one transaction each time: to name the act
/// before the browser leaves, and to do it once the proof is verified.
/// </summary>
public interface IStepUpActHandler
{
    /// <summary>The kind of act.</summary>
    ActKind Kind { get; }

    /// <summary>
    /// Locks what the act is about (<c>SELECT … FOR UPDATE</c>), rebuilds the act from the rows, and says it in words.
    /// Refuses if it cannot be done any more; who may do it is not checked here but in <see cref="ActAsync"/>.
    /// </summary>
    /// <param name="db">A context with an open transaction.</param>
    /// <param name="challenge">The challenge: whose act, about what, and what was typed for it.</param>
    /// <param name="cancellation">Stops the reading.</param>
    Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation);

    /// <summary>
    /// Does the act: checks everything anew with the groups of the proof, changes the rows and notes the ledger entries. The
    /// engine commits it together with the consumed challenge and the proof; a refusal rolls everything back.
    /// </summary>
    /// <param name="db">The same context and transaction in which the act was rebuilt and found to have the challenge's digest.</param>
    /// <param name="challenge">The challenge.</param>
    /// <param name="proof">The proof, with the groups of the token.</param>
    /// <param name="cancellation">Stops it before the commit.</param>
    /// <returns>The local address to land on.</returns>
    Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation);

    /// <summary>
    /// Notes what it means for the act that its step-up was refused, in the transaction that ends the challenge, after everything
    /// else was rolled back. To most acts it means nothing: they were not done.
    /// </summary>
    void Refused(PortalDbContext db, StepUpChallenge challenge, Refusal refusal)
    {
    }
}

/// <summary>An act with the words that the person sees before confirming it.</summary>
/// <param name="Act">The act.</param>
/// <param name="Sentence">In full, such as “Ask for admin in web-prod on Sandbox for 30 minutes”.</param>
/// <param name="Cluster">The cluster's title; <see langword="null"/> where no cluster is concerned.</param>
/// <param name="Details">Further lines, each a label and a value.</param>
/// <param name="Advice">What to do at the provider, where it is not what every other act wants.</param>
public sealed record NamedAct(StepUpAct Act, string Sentence, string? Cluster, IReadOnlyList<(string Label, string Value)> Details, string? Advice = null);

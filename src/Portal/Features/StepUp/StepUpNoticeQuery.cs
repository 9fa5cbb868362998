using Lapse.Domain;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Which notice the address names.</summary>
/// <param name="Refused">The challenge that was refused; <see langword="null"/> if the address names none.</param>
public sealed record StepUpNoticeAsk(StepUpChallengeId? Refused);

/// <summary>What stands above a page: at most one of the two.</summary>
/// <param name="Refusal">Why the step-up that led here was refused.</param>
/// <param name="Abandoned">A step-up that was started and never finished.</param>
public sealed record StepUpNoticeView(Refusal? Refusal, AbandonedStepUp? Abandoned);

/// <summary>What a person is told about their own step-ups above each page.</summary>
public sealed class StepUpNoticeQuery(StepUpQueries queries) : IPageQuery<StepUpNoticeAsk, StepUpNoticeView>
{
    /// <inheritdoc/>
    public async Task<Outcome<StepUpNoticeView>> AskAsync(Actor actor, StepUpNoticeAsk ask, CancellationToken cancellation)
    {
        var refusal = ask.Refused is { } id ? await queries.NoticeAsync(actor, id, cancellation) : null;
        return new StepUpNoticeView(refusal, refusal is null ? await queries.AbandonedAsync(actor, cancellation) : null);
    }
}

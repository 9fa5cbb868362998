using Lapse.Domain;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Features.StepUp;

/// <summary>Finds the handler of an act, and what its challenge is about.</summary>
public sealed class StepUpHandlers(IEnumerable<IStepUpActHandler> handlers)
{
    private readonly Dictionary<ActKind, IStepUpActHandler> _handlers = handlers.ToDictionary(h => h.Kind);

    /// <summary>The handler of a kind of act.</summary>
    /// <exception cref="InvalidOperationException">None is registered.</exception>
    public IStepUpActHandler For(ActKind kind) =>
        _handlers.TryGetValue(kind, out var handler) ? handler : throw new InvalidOperationException($"No handler is registered for {kind}.");

    /// <summary>Rebuilds the act and refuses unless it is exactly the one that the challenge was bound to.</summary>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var named = await For(challenge.Act).RebuildAsync(db, challenge, cancellation);
        if (!named.Succeeded) return named.Refusal!;
        return challenge.IsFor(named.Value.Act)
            ? named
            : new Refusal("ActChanged", "What you were about to confirm has changed meanwhile. Nothing was done; look at it again, then confirm again.");
    }
}

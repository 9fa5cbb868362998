using Lapse.Domain;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features;

/// <summary>
/// Reads everything that one page shows, for one person. What that person may see is decided here and nowhere else: a page
/// shows whatever it is given.
/// </summary>
/// <typeparam name="TAsk">What the address says: an id, a filter, a place in a list.</typeparam>
/// <typeparam name="TView">What the page shows.</typeparam>
public interface IPageQuery<in TAsk, TView>
{
    /// <summary>Reads it.</summary>
    /// <param name="actor">Who looks.</param>
    /// <param name="ask">What for.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>What the page shows; refused alike for what is not there and for what this person may not see.</returns>
    Task<Outcome<TView>> AskAsync(Actor actor, TAsk ask, CancellationToken cancellation);
}

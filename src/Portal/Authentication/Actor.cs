using System.Security.Claims;
using Lapse.Domain;

namespace Lapse.Portal.Authentication;

/// <summary>
/// Who calls a use case: two ids out of the encrypted cookie, and nothing that could be out of date. What this person may do
/// is read anew by <see cref="ActorGuard"/>, or from the token of the act's own step-up.
/// </summary>
/// <param name="PersonId">The person.</param>
/// <param name="SessionId">The sign-in session.</param>
public sealed record Actor(PersonId PersonId, SignInSessionId SessionId)
{
    /// <summary>The claim that carries <see cref="PersonId"/>.</summary>
    public const string PersonClaim = "lapse:person";

    /// <summary>The claim that carries <see cref="SessionId"/>.</summary>
    public const string SessionClaim = "lapse:session";

    /// <summary>Reads the ids from a principal; <see langword="null"/> when nobody is signed in.</summary>
    public static Actor? From(ClaimsPrincipal? principal) =>
        UuidId.TryParse<PersonId>(principal?.FindFirstValue(PersonClaim), out var person)
        && UuidId.TryParse<SignInSessionId>(principal?.FindFirstValue(SessionClaim), out var session)
            ? new(person, session)
            : null;
}

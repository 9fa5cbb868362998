using Lapse.Sandbox.IdentityProvider.Protocol;

namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>How an interaction ended.</summary>
public enum InteractionEnd
{
    /// <summary>Not yet.</summary>
    Open,

    /// <summary>Somebody signed in as it was demanded.</summary>
    SignedIn,

    /// <summary>The person gave up.</summary>
    Cancelled,

    /// <summary>The person has no second factor, and one was demanded.</summary>
    Unmet,
}

/// <summary>One visit of a person to the sign-in pages, on behalf of one authorization request. Kept on the server only.</summary>
/// <param name="Id">Unguessable; in the address of the pages.</param>
/// <param name="Browser">The browser that it belongs to.</param>
/// <param name="ReturnUrl">The local address of the authorization request.</param>
/// <param name="Application">Who asks, for the person to read.</param>
/// <param name="Demand">What has to be proved.</param>
/// <param name="UserName">What the user name is filled with; may be <see langword="null"/>.</param>
/// <param name="SignedInAs">The person of the session that is there already, or <see langword="null"/>.</param>
/// <param name="Expires">When it is forgotten.</param>
public sealed record Interaction(
    string Id,
    string Browser,
    string ReturnUrl,
    string Application,
    AuthenticationDemand Demand,
    string? UserName,
    string? SignedInAs,
    DateTimeOffset Expires)
{
    /// <summary>Who gave the right password, and still owes the code; <see langword="null"/> before.</summary>
    public string? PasswordOf { get; set; }

    /// <summary>Who signed in; <see langword="null"/> unless <see cref="End"/> is <see cref="InteractionEnd.SignedIn"/>.</summary>
    public string? Sub { get; set; }

    /// <summary>How it ended.</summary>
    public InteractionEnd End { get; set; }
}

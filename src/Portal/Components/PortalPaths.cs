namespace Lapse.Portal.Components;

/// <summary>The addresses that the shell itself links to, each written once.</summary>
public static class PortalPaths
{
    /// <summary>Starts a sign-in; takes <c>returnUrl</c>, a local address.</summary>
    public const string SignIn = "/sign-in";

    /// <summary>The static page that asks before it signs out and carries the form with its antiforgery token.</summary>
    public const string SignOut = "/sign-out";

    /// <summary>Where that form is posted: ends the session here and at the provider.</summary>
    public const string SignOutPost = "/session/end";

    /// <summary>The static page that is shown after signing out.</summary>
    public const string SignedOut = "/signed-out";

    /// <summary>The static page for somebody whom a sign-in or a page refused.</summary>
    public const string Denied = "/denied";

    /// <summary>The static page for a failure outside a circuit.</summary>
    public const string Error = "/error";

    /// <summary>The page about the identity provider, where an admin tests it.</summary>
    public const string AdminProvider = "/admin/provider";

    /// <summary>The page about holds, where an admin ends one.</summary>
    public const string AdminHold = "/admin/hold";

    /// <summary>The page for an address that leads nowhere.</summary>
    public const string NotFound = "/not-found";
}

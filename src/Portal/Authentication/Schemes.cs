namespace Lapse.Portal.Authentication;

/// <summary>The authentication schemes.</summary>
public static class Schemes
{
    /// <summary>Who is signed in, from the cookie.</summary>
    public const string Cookie = "lapse";

    /// <summary>Signs in at the provider.</summary>
    public const string SignIn = "oidc";

    /// <summary>Proves who is signed in once more, for one act. Never signs in.</summary>
    public const string StepUp = "step-up";

    /// <summary>Where the provider sends a sign-in back to.</summary>
    public const string SignInCallback = "/signin-oidc";

    /// <summary>Where the provider sends a step-up back to.</summary>
    public const string StepUpCallback = "/step-up/callback";

    /// <summary>Where the provider sends a sign-out back to.</summary>
    public const string SignOutCallback = "/signout-callback-oidc";
}

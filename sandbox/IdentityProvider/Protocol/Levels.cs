namespace Lapse.Sandbox.IdentityProvider.Protocol;

/// <summary>The authentication context classes (claim <c>acr</c>) and methods (<c>amr</c>, RFC 8176) of this provider.</summary>
public static class Levels
{
    /// <summary>A password.</summary>
    public const string Password = "urn:lapse:pwd";

    /// <summary>A password and a one-time code.</summary>
    public const string Mfa = "urn:lapse:mfa";

    /// <summary>Both, the stronger first.</summary>
    public static readonly IReadOnlyList<string> All = [Mfa, Password];

    /// <summary>The class of a session.</summary>
    public static string Acr(bool mfa) => mfa ? Mfa : Password;

    /// <summary>The methods of a session.</summary>
    public static IReadOnlyList<string> Amr(bool mfa) => mfa ? ["pwd", "otp", "mfa"] : ["pwd"];
}

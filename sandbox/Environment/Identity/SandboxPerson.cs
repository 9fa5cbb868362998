using System.Text.Json;

namespace Lapse.Sandbox;

/// <summary>Somebody who can sign in at the sandbox's provider. One entry of the people file.</summary>
/// <param name="UserName">What is typed as user name; the claim <c>preferred_username</c>.</param>
/// <param name="Name">The full name; the claim <c>name</c>.</param>
/// <param name="Email">The address; the claim <c>email</c>, reported as verified.</param>
/// <param name="Sub">The person's identifier at this provider, for ever; the claim <c>sub</c>.</param>
/// <param name="Password">The password, in the clear: these people are public.</param>
/// <param name="Totp">The base32 secret of the one-time codes (RFC 6238: SHA-1, 6 digits, 30 s);
/// <see langword="null"/> when no second factor is enrolled.</param>
/// <param name="Groups">The claim <c>groups</c>.</param>
public sealed record SandboxPerson(
    string UserName,
    string Name,
    string Email,
    string Sub,
    string Password,
    string? Totp,
    IReadOnlyList<string> Groups)
{
    /// <summary>Further claims of the ID token, verbatim, such as <c>hasgroups</c>. They win over the computed ones.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Claims { get; init; }

    /// <summary>Leaves the claim <c>groups</c> out, as a provider does that was never told to send it.</summary>
    public bool OmitGroups { get; init; }
}

using System.Security.Cryptography;

namespace Lapse.Domain.Access;

/// <summary>
/// The second subject of every binding: a user that no person can be, whose access depends on this one binding only.
/// Asking about it shows whether the binding works, whatever else the person holds.
/// </summary>
public static class BindingProbe
{
    /// <summary>What a probe's user name starts with; <see cref="ClusterUserName"/> refuses it to people.</summary>
    public const string Prefix = "lapse:probe:";

    /// <summary>A new probe's user name, with 128 random bits.</summary>
    public static string NewName() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Whether a user name is a probe's.</summary>
    public static bool IsProbe(string? user) => user is not null && user.Length > Prefix.Length && user.StartsWith(Prefix, StringComparison.Ordinal);
}

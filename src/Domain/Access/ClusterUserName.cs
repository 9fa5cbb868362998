using System.Globalization;
using System.Security.Claims;
using System.Text;

namespace Lapse.Domain.Access;

/// <summary>
/// What a person is called in a cluster, computed from a verified id token as the API server computes it
/// (kube-apiserver's <c>--oidc-username-claim</c> and <c>--oidc-username-prefix</c>), but with stricter rules.
/// </summary>
public static class ClusterUserName
{
    /// <summary>The longest user name, in characters.</summary>
    public const int Longest = 253;

    /// <summary>A prefix that means none, as in <c>--oidc-username-prefix=-</c>.</summary>
    public const string NoPrefix = "-";

    /// <summary>Computes the user name.</summary>
    /// <param name="claim">The claim that names a person in this cluster, such as <c>sub</c> or <c>email</c>.</param>
    /// <param name="prefix">What the cluster puts before it; empty or <see cref="NoPrefix"/> for none.</param>
    /// <param name="claims">The claims of a verified id token.</param>
    public static Outcome<string> From(string claim, string prefix, IEnumerable<Claim> claims)
    {
        var all = claims as IReadOnlyCollection<Claim> ?? [.. claims];
        var values = all.Where(found => found.Type == claim).Select(found => found.Value).ToList();
        if (values.Count == 0 || values is [""]) return new Refusal("NoUserName", $"Your sign-in says nothing about “{claim}”, by which this cluster knows people. Ask an admin to look at the cluster's mapping.");
        if (values.Count > 1) return new Refusal("ManyUserNames", $"Your sign-in has more than one “{claim}”, so this cluster cannot tell who you are.");
        if (claim == "email" && !IsVerified(all)) return new Refusal("EmailNotVerified", "Your e-mail address is not verified by the identity provider, so this cluster does not know you by it.");

        var name = (prefix == NoPrefix ? "" : prefix) + values[0];
        return Check(name) is { } refusal ? refusal : name;
    }

    /// <summary>Why a name cannot be a person's user name in any cluster; <see langword="null"/> if it can.</summary>
    public static Refusal? Check(string name)
    {
        if (name.Length is 0 or > Longest) return new("UserNameLength", $"A user name in a cluster has 1 to {Longest} characters.");
        if (name.StartsWith("system:", StringComparison.OrdinalIgnoreCase)) return new("UserNameReserved", "A user name that starts with “system:” belongs to Kubernetes itself.");
        if (name.StartsWith("lapse:", StringComparison.OrdinalIgnoreCase)) return new("UserNameReserved", "A user name that starts with “lapse:” belongs to Lapse itself.");
        if (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1])) return new("UserNameSpace", "A user name must not start or end with a space.");
        return IsPlain(name) ? null : new("UserNameCharacters", "A user name must not contain control or invisible characters.");
    }

    private static bool IsVerified(IReadOnlyCollection<Claim> claims) =>
        claims.Where(claim => claim.Type == "email_verified").Select(claim => claim.Value).ToList() is [var verified]
        && string.Equals(verified, "true", StringComparison.OrdinalIgnoreCase);

    // Invisible characters would let two names look alike to an approver.
    private static bool IsPlain(string name)
    {
        for (var rest = name.AsSpan(); rest.Length > 0;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done) return false;
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse) return false;
            rest = rest[length..];
        }
        return true;
    }
}

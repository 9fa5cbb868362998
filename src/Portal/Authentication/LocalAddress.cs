using Microsoft.AspNetCore.Http.HttpResults;

namespace Lapse.Portal.Authentication;

/// <summary>Return addresses never leave the site.</summary>
public static class LocalAddress
{
    private const int Longest = 500;

    /// <summary>The address if it is a path of this site, otherwise the start page.</summary>
    public static string Of(string? address) =>
        address is { Length: > 0 and <= Longest } && address[0] == '/' && !address.Any(char.IsControl) && RedirectHttpResult.IsLocalUrl(address) ? address : "/";

    /// <summary>Adds a query parameter.</summary>
    public static string With(string address, string name, string value)
    {
        var fragment = address.IndexOf('#', StringComparison.Ordinal);
        var (path, end) = fragment < 0 ? (address, "") : (address[..fragment], address[fragment..]);
        return $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}{end}";
    }
}

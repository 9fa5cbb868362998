using System.Globalization;

namespace Lapse.Portal.Hosting;

/// <summary>Where to report a weakness of this installation (RFC 9116).</summary>
internal static class SecurityText
{
    // The RFC asks for less than a year, so that nobody writes to an address that is long dead.
    private static readonly TimeSpan Validity = TimeSpan.FromDays(180);

    public static void MapSecurityText(this IEndpointRouteBuilder app, PortalOptions options)
    {
        if (options.SecurityContact.Length == 0) return;
        app.MapGet("/.well-known/security.txt", (TimeProvider clock) =>
        {
            var expires = (clock.GetUtcNow() + Validity).UtcDateTime.Date.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            return Results.Text($"Contact: {options.SecurityContact}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {new Uri(options.PublicUrl!, "/.well-known/security.txt")}\n");
        }).AllowAnonymous();
    }
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.IdentityModel.Tokens;

namespace Lapse.Sandbox.IdentityProvider.SignIn;

/// <summary>
/// The open interactions. After a sign-in the browser comes back to the same authorization request, which still says
/// <c>max_age=0</c>: only this one-time record tells that the sign-in was for it. A mark in the address would be forgeable.
/// </summary>
public sealed class Interactions(TimeProvider clock)
{
    /// <summary>The parameter that names the interaction, here and when the browser is back at the authorization endpoint.</summary>
    public const string Parameter = "interaction";

    private const string BrowserCookie = "lapse-sandbox-provider.browser";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<string, Interaction> _open = new(StringComparer.Ordinal);

    /// <summary>Opens an interaction for the authorization request at hand.</summary>
    /// <param name="context">The request.</param>
    /// <param name="make">Makes it from id, browser, return address and expiry.</param>
    public Interaction Open(HttpContext context, Func<string, string, string, DateTimeOffset, Interaction> make)
    {
        var now = clock.GetUtcNow();
        foreach (var (id, old) in _open)
        {
            if (old.Expires < now)
                _open.TryRemove(id, out _);
        }

        var browser = context.Request.Cookies[BrowserCookie];
        if (string.IsNullOrEmpty(browser))
        {
            browser = Random();
            context.Response.Cookies.Append(BrowserCookie, browser, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax });
        }

        var interaction = make(Random(), browser, ReturnUrl(context.Request), now + Life);
        _open[interaction.Id] = interaction;
        return interaction;
    }

    /// <summary>The interaction of this browser with this id, or <see langword="null"/>: unknown, expired, or somebody else's.</summary>
    public Interaction? Find(HttpContext context, string? id) =>
        id is not null
        && _open.TryGetValue(id, out var found)
        && found.Expires >= clock.GetUtcNow()
        && found.Browser == context.Request.Cookies[BrowserCookie]
            ? found
            : null;

    /// <summary>Takes the ended interaction that was opened for the authorization request at hand; it can be taken once.</summary>
    public Interaction? Take(HttpContext context)
    {
        // From the raw parameters: a request pushed before (RFC 9126) replaces them all in the protocol's own view.
        var id = Parameters(context.Request).FirstOrDefault(p => p.Key == Parameter).Value;
        var found = Find(context, id);
        return found is { End: not InteractionEnd.Open }
            && found.ReturnUrl == ReturnUrl(context.Request)
            && _open.TryRemove(found.Id, out _)
                ? found
                : null;
    }

    /// <summary>Where the browser goes when an interaction has ended.</summary>
    public static string Back(Interaction interaction) =>
        $"{interaction.ReturnUrl}&{Parameter}={UrlEncoder.Default.Encode(interaction.Id)}";

    private static string ReturnUrl(HttpRequest request) =>
        request.Path + new QueryBuilder(Parameters(request).Where(p => p.Key != Parameter)).ToQueryString();

    private static IEnumerable<KeyValuePair<string, string>> Parameters(HttpRequest request)
    {
        var all = HttpMethods.IsPost(request.Method)
            ? request.Form.AsEnumerable()
            : request.Query.AsEnumerable();
        return all.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? "")));
    }

    private static string Random() => Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
}

using System.Text.Encodings.Web;

namespace Lapse.Portal.Authentication;

/// <summary>
/// How a browser leaves for the provider after a form was posted. Browsers apply the page's <c>form-action</c> to every redirect that
/// answers a form, those of the provider to others too, and nobody can list these. So the answer is a page that moves on by itself.
/// </summary>
internal static class Leaving
{
    /// <summary>Turns the redirect that was just made into such a page. Anything else stays as it is.</summary>
    public static Task ByPageAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted || response.StatusCode != StatusCodes.Status302Found || response.Headers.Location.ToString() is not { Length: > 0 } address) return Task.CompletedTask;
        response.Headers.Remove("Location");
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/html; charset=utf-8";
        var to = HtmlEncoder.Default.Encode(address);
        return response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="refresh" content="0;url={to}">
            <title>On to your identity provider · Lapse</title>
            </head>
            <body><p>On to your identity provider. <a href="{to}">Go there</a> if nothing happens.</p></body>
            </html>
            """, context.RequestAborted);
    }
}

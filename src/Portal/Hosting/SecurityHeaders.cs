namespace Lapse.Portal.Hosting;

/// <summary>What each answer tells the browser: only the portal's own scripts, in nobody's frame, no guessing of types, no addresses for other sites.</summary>
internal static class SecurityHeaders
{
    // Styles may be inline, since MudBlazor writes its theme into the page; scripts may not. There is no form-action: Chromium
    // applies it to the redirects after a form, too, and a step-up's form leads to the provider and wherever that leads.
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

    /// <summary>Adds them to every answer.</summary>
    /// <param name="app">The portal.</param>
    /// <param name="https">Whether people open it by https only.</param>
    public static void UseSecurityHeaders(this WebApplication app, bool https) => app.Use((context, next) =>
    {
        // At the last moment, since an error clears what was set before, and Blazor sets a policy of its own that is looser.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            if (https) headers.StrictTransportSecurity = "max-age=31536000";
            return Task.CompletedTask;
        });
        return next(context);
    });
}

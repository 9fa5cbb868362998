namespace Lapse.Portal.Hosting;

/// <summary>What every answer allows the browser to do with it.</summary>
public static class SecurityHeaders
{
    // A year. Not the subdomains: they are not Lapse's.
    private const string StrictTransport = "max-age=31536000";

    /// <summary>Sets the headers on every answer, those of errors and static files too.</summary>
    /// <param name="app">The pipeline; call it first.</param>
    /// <param name="options">With a valid <see cref="PortalOptions.PublicUrl"/>.</param>
    public static void UseSecurityHeaders(this IApplicationBuilder app, PortalOptions options)
    {
        var policy = ContentPolicy(options.PublicUrl!);
        // On this machine it would hold for every other program at a port of it.
        var isStrict = options.PublicUrl!.Scheme == Uri.UriSchemeHttps && !options.PublicUrl.IsLoopback;
        app.Use((context, next) =>
        {
            // When the answer starts, so that an error page, which clears what was set before, has them as well. (ASP.NET Core's own HSTS is set before, and lost there.)
            context.Response.OnStarting(() =>
            {
                Set(context, policy);
                if (isStrict && context.Request.IsHttps) context.Response.Headers.StrictTransportSecurity = StrictTransport;
                return Task.CompletedTask;
            });
            return next(context);
        });
    }

    /// <summary>
    /// The Content-Security-Policy. Only scripts of our own files run. What MudBlazor forces: its theme and popovers are inline
    /// <c>style</c> elements and attributes, and its style sheet has icons as <c>data:</c> images. The circuit's web socket is named,
    /// since not every browser counts it as <c>'self'</c>. There is no <c>form-action</c>: Chromium applies it to the redirects after a
    /// form too, and a step-up's form leads to the provider and wherever that leads.
    /// </summary>
    public static string ContentPolicy(Uri publicUrl)
    {
        var socket = new UriBuilder(publicUrl) { Scheme = publicUrl.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = "", Query = "" }.Uri.GetLeftPart(UriPartial.Authority);
        return "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
            + $"connect-src 'self' {socket}; base-uri 'self'; frame-ancestors 'none'";
    }

    private static void Set(HttpContext context, string policy)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        // Addresses name requests; they are nobody else's business.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        // Static files say for themselves how long they keep; what somebody was shown is not kept.
        if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
    }
}

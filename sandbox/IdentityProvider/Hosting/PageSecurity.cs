using Lapse.Sandbox.IdentityProvider.Protocol;

namespace Lapse.Sandbox.IdentityProvider.Hosting;

/// <summary>The security headers of the provider's pages.</summary>
public static class PageSecurity
{
    /// <summary>Adds them to everything but the protocol's endpoints, one of which answers with a form that submits itself.</summary>
    public static void UsePageSecurity(this WebApplication app, ProviderOptions options)
    {
        // A browser holds the redirects that follow a form to form-action too, and they lead back to the clients.
        var clients = Clients.All(options).SelectMany(c => c.RedirectUris).Select(u => u.GetLeftPart(UriPartial.Authority)).Distinct();
        var policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            + $"form-action 'self' {string.Join(' ', clients)}; base-uri 'none'; frame-ancestors 'none'";
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (!context.Request.Path.StartsWithSegments("/connect"))
            {
                headers.ContentSecurityPolicy = policy;
                headers.CacheControl = context.Request.Path.StartsWithSegments("/assets") ? "no-cache" : "no-store";
            }

            return next(context);
        });
    }
}

using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Hosting;

/// <summary>
/// What a browser gets that loads a page while the database is away: a sentence instead of an error, and the page again by itself. It is
/// written by hand, since every page of the portal asks the database who looks.
/// </summary>
internal static partial class DatabasePage
{
    private const int Again = 5;

    public static void UseDatabaseTrouble(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(DatabasePage));
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception failed) when (!context.Response.HasStarted && DatabaseTrouble.Of(failed) is { } trouble)
            {
                LogAway(log, failed.Message, trouble);
                await WriteAsync(context, trouble);
            }
        });
    }

    private static Task WriteAsync(HttpContext context, DatabaseCondition trouble)
    {
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = $"{Again}";
        context.Response.ContentType = "text/html; charset=utf-8";
        // What was sent is not sent again by itself, and the provider's answer counts once.
        var reads = HttpMethods.IsGet(context.Request.Method) && !context.Request.Path.Value!.EndsWith("/callback", StringComparison.Ordinal);
        var said = reads
            ? "Nothing was lost. This page comes back by itself."
            : "Whether what you just sent has counted shows when the database is back. Lapse opens by itself then.";
        return context.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta http-equiv="refresh" content="{Again}{(reads ? "" : ";url=/")}" />
                <title>One moment · Lapse</title>
                <link rel="stylesheet" href="/app.css" />
                <script src="/js/theme.js"></script>
            </head>
            <body>
                <div class="static">
                    <main class="static-card">
                        <h1>{DatabaseWords.Title(trouble)}</h1>
                        <p>{said}</p>
                        <p>Access that you hold goes on meanwhile.</p>
                    </main>
                </div>
            </body>
            </html>
            """, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A page could not be loaded, since the database is {Trouble}: {Reason}")]
    private static partial void LogAway(ILogger log, string reason, DatabaseCondition trouble);
}

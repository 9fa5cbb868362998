using Microsoft.AspNetCore.Http;

namespace Lapse.Infrastructure.Tests.Kills;

/// <summary>What an API server, or what stands before it, does instead of answering.</summary>
internal enum ClusterFault
{
    /// <summary>Every connection is cut.</summary>
    Down,

    /// <summary>429 with Retry-After.</summary>
    TooManyRequests,

    /// <summary>500.</summary>
    InternalError,

    /// <summary>409 to everything.</summary>
    Conflict,

    /// <summary>410: what was asked with is too old.</summary>
    Expired,

    /// <summary>It takes the request and never answers.</summary>
    Hangs,

    /// <summary>It does what was asked, but no answer comes back.</summary>
    LosesAnswers,

    /// <summary>404 of something that is no API server.</summary>
    ForeignNotFound,
}

/// <summary>The answers.</summary>
internal static class ClusterFaults
{
    /// <summary>Does it to a request.</summary>
    /// <returns>Whether the request goes no further.</returns>
    public static async Task<bool> MeetAsync(this ClusterFault fault, HttpContext context)
    {
        switch (fault)
        {
            case ClusterFault.Down:
                context.Abort();
                return true;
            case ClusterFault.TooManyRequests:
                context.Response.Headers.RetryAfter = "1";
                await StatusAsync(context, 429, "TooManyRequests");
                return true;
            case ClusterFault.InternalError:
                await StatusAsync(context, 500, "InternalError");
                return true;
            case ClusterFault.Conflict:
                await StatusAsync(context, 409, "Conflict");
                return true;
            case ClusterFault.Expired:
                await StatusAsync(context, 410, "Expired");
                return true;
            case ClusterFault.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return true;
            case ClusterFault.LosesAnswers:
                return false;
            case ClusterFault.ForeignNotFound:
                context.Response.StatusCode = 404;
                await context.Response.WriteAsync("<html>404</html>");
                return true;
            default:
                throw new InvalidOperationException("There is no other fault.");
        }
    }

    private static Task StatusAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"{{reason}}","message":"The API server is told to say this.","code":{{code}}}""");
    }
}

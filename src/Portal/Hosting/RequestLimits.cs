using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Lapse.Infrastructure.Telemetry;
using Lapse.Portal.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.RateLimiting;

namespace Lapse.Portal.Hosting;

/// <summary>
/// How often an address, and a person, may sign in or step up over plain HTTP. What comes over circuits is counted in the database
/// (<see cref="Features.PersonLimits"/>); this is counted by each replica for itself, and keeps one sender from wearing out a replica or the provider.
/// </summary>
public static class RequestLimits
{
    private const string SignIn = "sign-in";
    private const string SignInAnswer = "sign-in-answer";
    private const string StepUp = "step-up";
    private const string StepUpAnswer = "step-up-answer";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly object Person = new();

    /// <summary>Marks the endpoint where a sign-in begins.</summary>
    public static void LimitsSignIns(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new Limited(SignIn));

    /// <summary>Marks the endpoint where a step-up leaves for the provider.</summary>
    public static void LimitsStepUps(this IEndpointConventionBuilder endpoint) => endpoint.WithMetadata(new Limited(StepUp));

    /// <summary>Answers 429 to what is too much. After the proxies, which say who calls, and before authentication, which answers the callbacks.</summary>
    public static void UseRequestLimits(this IApplicationBuilder app, LimitOptions limits)
    {
        // The address first: it costs nothing to know.
        app.UseRateLimiter(Options("address", context => Of(context) is { } limit
            ? Window($"{limit} {Sender(context.Connection.RemoteIpAddress)}", limit is SignIn or SignInAnswer ? limits.SignInsPerMinute : limits.StepUpsPerMinute, Minute)
            : RateLimitPartition.GetNoLimiter("")));
        app.Use(async (context, next) =>
        {
            if (Of(context) is StepUp or StepUpAnswer) context.Items[Person] = Actor.From((await context.AuthenticateAsync(Schemes.Cookie)).Principal)?.PersonId;
            await next(context);
        });
        app.UseRateLimiter(Options("person", context => context.Items[Person] is { } person
            ? Window($"{Of(context)} {person}", limits.StepUpsPerPerson, LimitOptions.StepUpWindow)
            : RateLimitPartition.GetNoLimiter("")));
    }

    /// <summary>Who sends, as far as an address tells: of IPv6 the network of 64 bits, in which one machine has as many addresses as it likes.</summary>
    public static string Sender(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }

    // The callbacks are no endpoints: the handlers of authentication answer at exactly these paths.
    private static string? Of(HttpContext context) =>
        context.Request.Path == Schemes.SignInCallback ? SignInAnswer
        : context.Request.Path == Schemes.StepUpCallback ? StepUpAnswer
        : context.GetEndpoint()?.Metadata.GetMetadata<Limited>()?.Name;

    private static RateLimitPartition<string> Window(string key, int permits, TimeSpan window) =>
        RateLimitPartition.GetFixedWindowLimiter(key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = window, QueueLimit = 0 });

    private static RateLimiterOptions Options(string by, Func<HttpContext, RateLimitPartition<string>> partition) => new()
    {
        GlobalLimiter = PartitionedRateLimiter.Create(partition),
        RejectionStatusCode = StatusCodes.Status429TooManyRequests,
        OnRejected = (rejected, _) =>
        {
            var context = rejected.HttpContext;
            var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : Minute;
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            LapseMetrics.RateLimited(Of(context) ?? "", by);
            // The page that says so is only shown; no form is answered there.
            context.Request.Method = HttpMethods.Get;
            return ValueTask.CompletedTask;
        },
    };

    private sealed record Limited(string Name);
}

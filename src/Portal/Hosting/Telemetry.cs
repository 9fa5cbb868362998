using System.Globalization;
using System.Reflection;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Infrastructure.Telemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Lapse.Portal.Hosting;

/// <summary>
/// Traces, metrics and logs by OpenTelemetry: to a collector where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one, and metrics for Prometheus at
/// an address of their own, which nobody reaches who opens the portal.
/// </summary>
internal static class Telemetry
{
    private const string Path = "/metrics";

    // Of ASP.NET Core and Npgsql; the last are about circuits.
    private static readonly string[] Meters =
        [LapseMetrics.MeterName, "Npgsql", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Components.Server.Circuits", "System.Runtime"];

    public static void AddPortalTelemetry(this WebApplicationBuilder builder, PortalOptions options)
    {
        builder.Services.AddStandingMetrics();
        var collector = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        if (!collector && options.MetricsUrl is null) return;

        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("lapse", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3), serviceInstanceId: Environment.MachineName + "-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters);
                if (collector) metrics.AddOtlpExporter();
                if (options.MetricsUrl is not null) metrics.AddPrometheusExporter();
            });
        if (!collector) return;
        telemetry.WithTracing(tracing => tracing
            .AddSource(LapseTraces.SourceName, ReconciliationSteps.SourceName, "Npgsql")
            .AddAspNetCoreInstrumentation(requests =>
            {
                requests.Filter = context => !context.Request.Path.StartsWithSegments("/health") && !context.Request.Path.StartsWithSegments("/_blazor");
                // The provider's answers carry a code in the address.
                requests.EnrichWithHttpRequest = (activity, _) => activity.SetTag("url.query", null);
            })
            .AddOtlpExporter());
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.AddOtlpExporter();
        });
    }

    /// <summary>Listens at the metrics' address too. Call it last: it fixes the addresses that are configured now.</summary>
    public static void ListenForMetrics(this WebApplicationBuilder builder, PortalOptions options)
    {
        if (options.MetricsUrl is not { } address) return;
        var url = address.GetLeftPart(UriPartial.Authority);
        if (builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Any()) builder.Configuration["Kestrel:Endpoints:LapseMetrics:Url"] = url;
        else builder.WebHost.UseUrls([.. ProxyTrust.Addresses(builder.Configuration), url]);
    }

    /// <summary>At the metrics' address there are the metrics and nothing else, and nowhere else are they.</summary>
    public static void UseMetricsAddress(this WebApplication app, PortalOptions options)
    {
        if (options.MetricsUrl is not { } address) return;
        app.UseWhen(context => context.Connection.LocalPort == address.Port, only =>
        {
            only.UseOpenTelemetryPrometheusScrapingEndpoint(Path);
            only.Run(context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        });
    }
}

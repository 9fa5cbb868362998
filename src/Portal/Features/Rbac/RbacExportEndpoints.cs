using System.Globalization;
using System.Text;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Rbac.Findings;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.Rbac;

/// <summary>The downloads of a cluster's findings. They take the filter of the page's address and decide anew who may.</summary>
public static class RbacExportEndpoints
{
    private static readonly JsonWriterOptions Readable = new() { Indented = true };

    /// <summary>The address of a download.</summary>
    /// <param name="cluster">The cluster's short name.</param>
    /// <param name="format"><c>csv</c>, <c>json</c> or <c>sarif</c>.</param>
    public static string Address(string cluster, string format) => $"{RbacWords.Address(cluster)}/findings.{format}";

    /// <summary>Maps the downloads. All want a sign-in; whether that person may read the audit is read from the records.</summary>
    public static IEndpointRouteBuilder MapRbacExport(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/rbac/{cluster}/findings.csv", (HttpContext http, string cluster) => SendAsync(http, cluster, "text/csv; charset=utf-8; header=present", "csv", WriteCsvAsync)).RequireAuthorization();
        endpoints.MapGet("/rbac/{cluster}/findings.json", (HttpContext http, string cluster) => SendAsync(http, cluster, "application/json; charset=utf-8", "json", WriteJsonAsync)).RequireAuthorization();
        endpoints.MapGet("/rbac/{cluster}/findings.sarif", (HttpContext http, string cluster) => SendAsync(http, cluster, "application/sarif+json; charset=utf-8", "sarif", WriteSarifAsync)).RequireAuthorization();
        return endpoints;
    }

    private static async Task SendAsync(HttpContext http, string cluster, string contentType, string extension, Func<HttpResponse, RbacExport, CancellationToken, Task> write)
    {
        var (response, gone) = (http.Response, http.RequestAborted);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        var outcome = Actor.From(http.User) is { } actor
            ? await http.RequestServices.GetRequiredService<RbacExportQuery>().AskAsync(actor, cluster, FindingAddress.Read(name => http.Request.Query[name]), gone)
            : new Refusal("SignInAgain", "Your sign-in has ended. Nothing was exported; sign in again.");
        if (!outcome.Succeeded)
        {
            response.StatusCode = outcome.Refusal!.Code == AuditReading.NoCluster.Code ? StatusCodes.Status404NotFound : StatusCodes.Status403Forbidden;
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync(outcome.Refusal.Message, gone);
            return;
        }
        response.ContentType = contentType;
        // A cluster's name is of letters, digits and hyphens, and came out of the records.
        response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"lapse-rbac-{outcome.Value.Head.Name}-{outcome.Value.At.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.{extension}\"");
        await write(response, outcome.Value, gone);
    }

    private static async Task WriteCsvAsync(HttpResponse response, RbacExport export, CancellationToken gone)
    {
        await response.WriteAsync(FindingCsv.Header, gone);
        var text = new StringBuilder();
        await foreach (var findings in export.Parts.WithCancellation(gone))
        {
            text.Clear();
            foreach (var finding in findings) FindingCsv.Append(text, finding, export.At);
            await response.WriteAsync(text.ToString(), gone);
            // Each part leaves before the next is read: a slow reader holds the reading up instead of filling memory.
            await response.Body.FlushAsync(gone);
        }
    }

    private static async Task WriteJsonAsync(HttpResponse response, RbacExport export, CancellationToken gone)
    {
        await using var json = new Utf8JsonWriter(response.Body, Readable);
        FindingJson.Begin(json, export);
        await foreach (var findings in export.Parts.WithCancellation(gone))
        {
            foreach (var finding in findings) FindingJson.Write(json, finding, export.At);
            await json.FlushAsync(gone);
            await response.Body.FlushAsync(gone);
        }
        FindingJson.End(json);
        await json.FlushAsync(gone);
    }

    private static async Task WriteSarifAsync(HttpResponse response, RbacExport export, CancellationToken gone)
    {
        // What reads SARIF takes no more of one run, and the list of its rules comes before its results.
        const int MostResults = 25_000;
        var all = new List<KeptFinding>();
        await foreach (var findings in export.Parts.WithCancellation(gone))
        {
            all.AddRange(findings.Take(MostResults - all.Count));
            if (all.Count == MostResults) break;
        }
        await using var json = new Utf8JsonWriter(response.Body, Readable);
        FindingSarif.Of(export, all).WriteTo(json);
        await json.FlushAsync(gone);
    }
}

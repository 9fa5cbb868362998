using System.Globalization;
using System.Text;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.Ledger;

/// <summary>The downloads of the ledger. They take the filters of the page's address and decide anew who may.</summary>
public static class LedgerExportEndpoints
{
    /// <summary>The address of the JSON Lines.</summary>
    public const string JsonLines = "/ledger/export.jsonl";

    /// <summary>The address of the comma-separated values.</summary>
    public const string Csv = "/ledger/export.csv";

    /// <summary>Maps both downloads. Both want a sign-in; whether that person may read the ledger is read from the records.</summary>
    public static IEndpointRouteBuilder MapLedgerExport(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(JsonLines, (HttpContext http) => SendAsync(http, "application/jsonl; charset=utf-8", "jsonl", "", WriteJsonLines)).RequireAuthorization();
        endpoints.MapGet(Csv, (HttpContext http) => SendAsync(http, "text/csv; charset=utf-8; header=present", "csv", LedgerCsv.Header, WriteCsv)).RequireAuthorization();
        return endpoints;
    }

    private static void WriteJsonLines(Stream output, IReadOnlyList<ExportedEntry> entries)
    {
        foreach (var entry in entries) LedgerJsonLines.Write(output, entry);
    }

    private static void WriteCsv(Stream output, IReadOnlyList<ExportedEntry> entries)
    {
        var text = new StringBuilder();
        foreach (var entry in entries) LedgerCsv.Append(text, entry);
        output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static async Task SendAsync(HttpContext http, string contentType, string extension, string header, Action<Stream, IReadOnlyList<ExportedEntry>> write)
    {
        var (response, gone) = (http.Response, http.RequestAborted);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!LedgerAddress.TryRead(name => http.Request.Query[name], out var filter))
        {
            await RefuseAsync(http, StatusCodes.Status400BadRequest, "A time in the address is none. Nothing was exported; go back to the ledger and filter again.");
            return;
        }
        if (Actor.From(http.User) is not { } actor)
        {
            await RefuseAsync(http, StatusCodes.Status403Forbidden, "Your sign-in has ended. Nothing was exported; sign in again.");
            return;
        }
        var outcome = await http.RequestServices.GetRequiredService<LedgerExportQuery>().AskAsync(actor, filter, gone);
        if (!outcome.Succeeded)
        {
            await RefuseAsync(http, StatusCodes.Status403Forbidden, outcome.Refusal!.Message);
            return;
        }
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        response.ContentType = contentType;
        response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"lapse-ledger-{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.{extension}\"");
        await response.WriteAsync(header, gone);
        using var part = new MemoryStream();
        await foreach (var entries in outcome.Value.Parts.WithCancellation(gone))
        {
            part.SetLength(0);
            write(part, entries);
            await response.Body.WriteAsync(part.GetBuffer().AsMemory(0, (int)part.Length), gone);
            // Each part leaves before the next is read: a slow reader holds the reading up instead of filling memory.
            await response.Body.FlushAsync(gone);
        }
    }

    private static async Task RefuseAsync(HttpContext http, int status, string message)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        await http.Response.WriteAsync(message, http.RequestAborted);
    }
}

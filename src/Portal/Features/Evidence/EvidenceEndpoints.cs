using Lapse.Domain;
using Lapse.Portal.Authentication;

namespace Lapse.Portal.Features.Evidence;

/// <summary>The download of a grant's evidence. Who may have it is decided anew from the records.</summary>
public static class EvidenceEndpoints
{
    /// <summary>Where the evidence of a grant is.</summary>
    public static string Address(GrantId id) => $"/grants/{id}/evidence";

    /// <summary>How the file is called.</summary>
    public static string FileName(GrantId id) => $"lapse-evidence-{id}.json";

    /// <summary>Maps the download.</summary>
    public static IEndpointRouteBuilder MapEvidence(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/grants/{id:guid}/evidence", SendAsync).RequireAuthorization();
        return endpoints;
    }

    private static async Task SendAsync(HttpContext http, Guid id, ExportEvidence export)
    {
        var response = http.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        var grant = GrantId.From(id);
        var outcome = Actor.From(http.User) is { } actor
            ? await export.MakeAsync(actor, grant, http.RequestAborted)
            : new Refusal("SignInAgain", "Your sign-in has ended. Nothing was exported; sign in again.");
        if (!outcome.Succeeded)
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
            response.ContentType = "text/plain; charset=utf-8";
            await response.WriteAsync(outcome.Refusal!.Message, http.RequestAborted);
            return;
        }
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"{FileName(grant)}\"";
        await response.WriteAsync(outcome.Value.ToText(), http.RequestAborted);
    }
}

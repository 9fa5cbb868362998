using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Tells who made the versions of an entry or workflow, when, and what each changed.</summary>
internal static class VersionHistory
{
    /// <summary>How many versions a page shows at first.</summary>
    public const int First = 10;

    /// <summary>One version as its row says.</summary>
    public sealed record Row(int Version, JsonObject Canonical, PersonId? MadeBy, DateTimeOffset MadeAt, Guid? ChangeId);

    /// <summary>Makes lines of rows, the newest first; the oldest row given is only what the one after it is compared with, unless it is version 1.</summary>
    public static async Task<IReadOnlyList<VersionLine>> LinesAsync(PortalDbContext db, IReadOnlyList<Row> newestFirst, CancellationToken cancellation)
    {
        var changeIds = newestFirst.Where(r => r.ChangeId is not null).Select(r => ConfigurationChangeId.From(r.ChangeId!.Value)).ToList();
        var confirmers = await db.ConfigurationChanges.AsNoTracking().Where(c => changeIds.Contains(c.Id) && c.ConfirmerId != null)
            .Join(db.People, c => c.ConfirmerId, p => p.Id, (c, p) => new { c.Id, p.Name }).ToDictionaryAsync(c => c.Id.Value, c => c.Name, cancellation);
        var authorIds = newestFirst.Where(r => r.MadeBy is not null).Select(r => r.MadeBy!.Value).Distinct().ToList();
        var authors = await db.People.AsNoTracking().Where(p => authorIds.Contains(p.Id)).Select(p => new { p.Id, p.Name, p.UserName }).ToDictionaryAsync(p => p.Id, cancellation);
        var texts = newestFirst.Select(r => CanonicalJson.ToText(r.Canonical)).ToList();
        var names = await ConfigurationNames.ReadAsync(db, [.. texts.SelectMany(ChangeDiff.Named).Distinct()], cancellation);
        var lines = new List<VersionLine>();
        for (var i = 0; i < newestFirst.Count; i++)
        {
            var row = newestFirst[i];
            if (i == newestFirst.Count - 1 && row.Version > 1) break;
            var author = row.MadeBy is { } by ? authors.GetValueOrDefault(by) : null;
            lines.Add(new(row.Version, author?.Name, author?.UserName, row.ChangeId is { } change ? confirmers.GetValueOrDefault(change) : null, row.MadeAt,
                i + 1 < texts.Count ? ChangeDiff.Of(texts[i + 1], texts[i], names) : []));
        }
        return lines;
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Features.JustInTime;
using Lapse.Portal.Features.StepUp;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>The act “I want the configuration changed so”, done once its step-up is verified.</summary>
[UseCase]
public sealed class ProposeChangeAct(PortalGroups groups, ChangeApplication application, TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.ProposeChange;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var change = await db.LockAsync(ConfigurationChangeId.From(challenge.SubjectId), cancellation);
        if (change is null || change.AuthorId != challenge.PersonId || change.Status != ChangeStatus.Draft) return ChangeRows.NotWaiting;
        if (change.ExpiresAt <= clock.GetUtcNow()) return ChangeRows.Expired;
        var (cluster, details) = await ChangeRows.SayAsync(db, change, cancellation);
        return new NamedAct(StepUpActs.Propose(change), change.Title, cluster, change.NeedsSecondAdmin ? [.. details, ("Then", "A second admin has to confirm it.")] : details);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!groups.IsAdmin(proof.Groups)) return ProposeChange.NotAnAdmin;
        var change = (await db.LockAsync(ConfigurationChangeId.From(challenge.SubjectId), cancellation))!;
        var secret = change.SealedSecret;
        change.Proved(proof.Id, now);
        db.Record(now, LedgerActor.Of(change.AuthorId), LedgerActs.ChangeProposed, LedgerSubject.Of(change.Id), ChangeRows.Facts(change, proof));
        if (change.Status == ChangeStatus.Applied && await application.ApplyAsync(db, change, secret, proof, cancellation) is { } refusal) return refusal;
        return ChangeRows.PageOf(change);
    }
}

/// <summary>The act “I confirm that change”, by a second admin, done once its step-up is verified.</summary>
[UseCase]
public sealed class ConfirmChangeAct(PortalGroups groups, ChangeApplication application, TimeProvider clock) : IStepUpActHandler
{
    /// <inheritdoc/>
    public ActKind Kind => ActKind.ConfirmChange;

    /// <inheritdoc/>
    public async Task<Outcome<NamedAct>> RebuildAsync(PortalDbContext db, StepUpChallenge challenge, CancellationToken cancellation)
    {
        var change = await db.LockAsync(ConfigurationChangeId.From(challenge.SubjectId), cancellation);
        if (change is null || change.Status != ChangeStatus.AwaitingSecondAdmin) return ChangeRows.NotWaiting;
        if (change.ExpiresAt <= clock.GetUtcNow()) return ChangeRows.Expired;
        if (change.AuthorId == challenge.PersonId) return new Refusal("OwnChange", "This is your own change; another admin has to confirm it.");
        var author = await db.People.AsNoTracking().SingleAsync(p => p.Id == change.AuthorId, cancellation);
        var (cluster, details) = await ChangeRows.SayAsync(db, change, cancellation);
        return new NamedAct(StepUpActs.Confirm(change, challenge.PersonId), $"Confirm “{change.Title}”", cluster, [("Wanted by", $"{author.Name} ({author.UserName})"), .. details]);
    }

    /// <inheritdoc/>
    public async Task<Outcome<string>> ActAsync(PortalDbContext db, StepUpChallenge challenge, StepUpProof proof, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (!groups.IsAdmin(proof.Groups)) return ProposeChange.NotAnAdmin;
        var change = (await db.LockAsync(ConfigurationChangeId.From(challenge.SubjectId), cancellation))!;
        var secret = change.SealedSecret;
        change.Confirmed(proof.PersonId, proof.Id, now);
        if (await application.ApplyAsync(db, change, secret, proof, cancellation) is { } refusal) return refusal;
        return ChangeRows.PageOf(change);
    }
}

/// <summary>Reads and words of changes that their acts share.</summary>
internal static class ChangeRows
{
    public static readonly Refusal NotWaiting = new("ChangeNotWaiting", "This change does not wait for you: it was confirmed or given up already.", "/admin/catalogue");

    public static readonly Refusal Expired = new("ChangeExpired", "This change waited too long and has ended. Nothing of it is in force; make it anew if it is still wanted.", "/admin/catalogue");

    public static string PageOf(ConfigurationChange change) => change.Kind switch
    {
        ChangeKind.Cluster or ChangeKind.RetireCluster => "/admin/clusters",
        ChangeKind.JustInTime => JustInTimeWords.Address(change.Id),
        ChangeKind.ElevatedRole or ChangeKind.RetireElevatedRole or ChangeKind.Workflow => "/admin/catalogue",
    };

    /// <summary>What the change says, for the page that is confirmed: the cluster that it concerns, and each field as it was and as it shall be.</summary>
    public static async Task<(string? Cluster, IReadOnlyList<(string Label, string Value)> Details)> SayAsync(PortalDbContext db, ConfigurationChange change, CancellationToken cancellation)
    {
        var ids = ChangeDiff.Named(change.Before).Concat(ChangeDiff.Named(change.After)).Distinct().ToList();
        var names = await ConfigurationNames.ReadAsync(db, ids, cancellation);
        var cluster = ids.Where(names.Clusters.ContainsKey).Select(id => names.Clusters[id]).LastOrDefault();
        // The cluster of something new is said already, above its fields.
        return (cluster, [.. ChangeDiff.Of(change.Before, change.After, names).Where(field => field != new ChangedField("Cluster", null, cluster ?? "")).Select(field => (field.Name, field.Before is null ? field.After : $"{field.Before} → {field.After}"))]);
    }

    public static JsonObject Facts(ConfigurationChange change, StepUpProof proof) => new()
    {
        ["title"] = change.Title,
        ["kind"] = change.Kind.ToString(),
        ["subject"] = change.SubjectId.ToString(),
        ["before"] = change.Before is null ? null : JsonNode.Parse(change.Before),
        ["after"] = JsonNode.Parse(change.After),
        ["needsSecondAdmin"] = change.NeedsSecondAdmin,
        ["proof"] = ProofFacts.Of(proof),
    };
}

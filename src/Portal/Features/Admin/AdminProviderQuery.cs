using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Ledger;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Features.Admin;

/// <summary>Which part of the history of tests.</summary>
/// <param name="Before">The number of the ledger entry that the part before ended with.</param>
/// <param name="Take">How many.</param>
public sealed record AdminProviderAsk(long? Before = null, int Take = AdminProviderAsk.Page)
{
    /// <summary>How many come at a time.</summary>
    public const int Page = 10;
}

/// <summary>The identity provider: its settings, whether it may answer, and what was seen of it.</summary>
/// <param name="Settings">How it is asked and judged; nothing secret.</param>
/// <param name="Standing">Whether it may answer step-ups.</param>
/// <param name="Test">The newest test with these settings; <see langword="null"/> if there is none.</param>
/// <param name="Run">The viewer's own test under way; <see langword="null"/> if there is none.</param>
/// <param name="History">Tests with any settings, the newest first.</param>
/// <param name="Next">Where more begin; <see langword="null"/> when there are no more.</param>
public sealed record AdminProviderView(ProviderFacts Settings, ProviderStanding Standing, TestedBy? Test, ProviderTestView? Run, IReadOnlyList<ProviderTestLine> History, long? Next);

/// <summary>Whether the provider may answer step-ups.</summary>
public enum ProviderStanding
{
    /// <summary>No test is wanted: the sandbox's own provider in the sandbox.</summary>
    Sandbox,

    /// <summary>It passed with the settings as they are.</summary>
    Tested,

    /// <summary>Nobody has tested it with the settings as they are.</summary>
    NotTested,

    /// <summary>It confirmed somebody without a second factor.</summary>
    Failed,

    /// <summary>The sandbox's provider, but not in the sandbox: it never may.</summary>
    SandboxOnly,
}

/// <summary>The settings in words for the page.</summary>
/// <param name="Issuer">The issuer that tokens name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="ClientId">Lapse at the provider.</param>
/// <param name="Profile">Which provider it is.</param>
/// <param name="AcrValues">What is sent as <c>acr_values</c>.</param>
/// <param name="Claims">What is sent as <c>claims</c>; <see langword="null"/> for nothing.</param>
/// <param name="Scopes">The scopes that are asked for.</param>
/// <param name="AcrClaim">The claim that reports the class.</param>
/// <param name="Requirement">What proves the factor.</param>
/// <param name="GroupsClaim">The claim with the groups.</param>
/// <param name="Digest">SHA-256 over what a test is good for, hexadecimal.</param>
public sealed record ProviderFacts(
    string Issuer, string Address, string ClientId, string Profile, IReadOnlyList<string> AcrValues, string? Claims, IReadOnlyList<string> Scopes, string AcrClaim, StepUpRequirement Requirement, string GroupsClaim, string Digest);

/// <summary>Who tested, and when.</summary>
/// <param name="Name">The admin's name.</param>
/// <param name="UserName">Their user name.</param>
/// <param name="At">When.</param>
public sealed record TestedBy(string Name, string UserName, DateTimeOffset At);

/// <summary>A test under way.</summary>
/// <param name="Id">The test.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Message">What came back in the second round; <see langword="null"/> if nothing did.</param>
public sealed record ProviderTestView(Guid Id, ProviderTestStage Stage, string? Message);

/// <summary>One test in the history.</summary>
/// <param name="Sequence">The number of its ledger entry.</param>
/// <param name="Name">The admin's name.</param>
/// <param name="UserName">Their user name.</param>
/// <param name="At">When.</param>
/// <param name="Passed">Whether the provider passed.</param>
/// <param name="Round">In which round it failed.</param>
/// <param name="Code">The refusal's code: of a failure, or of the second round of a test that passed.</param>
/// <param name="Answer">Of a failure: which claim came how.</param>
/// <param name="TheseSettings">Whether the settings were those of now.</param>
public sealed record ProviderTestLine(long Sequence, string Name, string? UserName, DateTimeOffset At, bool Passed, int Round, string Code, string? Answer, bool TheseSettings);

/// <summary>What the page of the provider shows; only for admins.</summary>
public sealed class AdminProviderQuery(IDbContextFactory<PortalDbContext> contexts, ActorGuard guard, ProviderOptions options, ProviderGate gate, TimeProvider clock) : IPageQuery<AdminProviderAsk, AdminProviderView>
{
    private static readonly string[] Tests = [LedgerActs.ProviderTested, LedgerActs.ProviderTestFailed];

    /// <inheritdoc/>
    public async Task<Outcome<AdminProviderView>> AskAsync(Actor actor, AdminProviderAsk ask, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var admin = await guard.FindAdminAsync(db, actor, cancellation);
        if (!admin.Succeeded) return admin.Refusal!;

        var newest = await gate.NewestAsync(db, cancellation);
        var tester = newest is null ? null : await db.People.AsNoTracking().SingleOrDefaultAsync(p => p.Id == newest.PersonId, cancellation);
        var run = await ProviderTestRun.FindAsync(db, actor.PersonId, actor.SessionId, null, clock.GetUtcNow(), cancellation);
        var take = Math.Clamp(ask.Take, 1, AdminReading.Most);
        var entries = db.LedgerEntries.AsNoTracking().Where(e => e.Subject == LedgerSubject.Provider && Tests.Contains(e.Act));
        if (ask.Before is { } before) entries = entries.Where(e => e.Sequence < before);
        var found = await entries.OrderByDescending(e => e.Sequence).Take(take + 1).ToListAsync(cancellation);
        var names = await db.NamesAsync(found.Select(e => e.Actor), cancellation);
        var facts = Facts();
        return new AdminProviderView(
            facts,
            await StandingAsync(db, newest, cancellation),
            newest is null ? null : new(tester?.Name ?? "Somebody", tester?.UserName ?? "", newest.TestedAt),
            run is null or { Stage: ProviderTestStage.None } ? null : new(run.Id, run.Stage, run.Second?.RefusalMessage),
            [.. found.Take(take).Select(e => Line(e, names, facts.Digest))],
            found.Count > take ? found[take - 1].Sequence : null);
    }

    private ProviderFacts Facts()
    {
        var profile = options.Effective();
        return new(options.Issuer ?? options.Authority, options.Authority, options.ClientId, options.Profile, profile.AcrValues, profile.ClaimsJson(), profile.Scopes, profile.AcrClaim, profile.Requirement, profile.GroupsClaim,
            Convert.ToHexStringLower(options.Digest()));
    }

    // The gate itself is asked, so that the page never says anything else than what happens.
    private async Task<ProviderStanding> StandingAsync(PortalDbContext db, ProviderSelfTest? newest, CancellationToken cancellation) =>
        await gate.CheckAsync(db, ActKind.SubmitRequest, cancellation) switch
        {
            null => gate.NeedsNoTest ? ProviderStanding.Sandbox : ProviderStanding.Tested,
            { Code: ProviderGate.NotTestedCode } => newest is null ? ProviderStanding.NotTested : ProviderStanding.Failed,
            _ => ProviderStanding.SandboxOnly,
        };

    private static ProviderTestLine Line(LedgerEntry entry, Dictionary<string, (string Name, string UserName)> names, string digest)
    {
        var content = JsonNode.Parse(entry.Content) as JsonObject ?? [];
        var (name, userName) = names.TryGetValue(entry.Actor, out var known) ? (known.Name, known.UserName) : (entry.Actor, null);
        var passed = entry.Act == LedgerActs.ProviderTested;
        return new(
            entry.Sequence, name, userName, entry.Time, passed, passed ? ProviderTest.SecondRound : Number(content, "round"), Text(content, passed ? "secondRound" : "code") ?? "", Text(content, "answer"),
            Text(content, "settings") == digest);
    }

    private static string? Text(JsonObject content, string name) => content[name] is { } node && node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private static int Number(JsonObject content, string name) => content[name] is { } node && node.GetValueKind() == JsonValueKind.Number ? node.GetValue<int>() : 0;
}

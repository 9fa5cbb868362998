using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Asking, from the form to the submitted request: what is taken, and what is refused without leaving anything behind.</summary>
public sealed class AskActTests(PostgresFixture postgres) : MainJobTest(postgres)
{
    private static string Long => new('x', 10_000);

    // By name: what is typed has characters that no report of tests can hold.
    private static readonly Dictionary<string, (string Code, AccessRequestContent Content)> WrongContents = new()
    {
        ["no reason"] = ("ReasonMissing", Typed with { Reason = "" }),
        ["a blank reason"] = ("ReasonMissing", Typed with { Reason = " \n " }),
        ["a reason too long"] = ("ReasonTooLong", Typed with { Reason = Long }),
        ["a reason with U+0000"] = ("ReasonCharacters", Typed with { Reason = "a\0b" }),
        ["a ticket too long"] = ("TicketTooLong", Typed with { Ticket = Long }),
        ["a ticket of two lines"] = ("TicketCharacters", Typed with { Ticket = "OPS-1\nOPS-2" }),
        ["a second too long"] = ("DurationTooLong", Typed with { Duration = TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1) }),
        ["the longest time there is"] = ("DurationTooLong", Typed with { Duration = TimeSpan.MaxValue }),
        ["no time"] = ("DurationTooShort", Typed with { Duration = TimeSpan.Zero }),
        ["less than no time"] = ("DurationTooShort", Typed with { Duration = TimeSpan.FromHours(-1) }),
        ["a start long ago"] = ("StartPast", Typed with { WantedStart = DateTimeOffset.UnixEpoch }),
        ["a start at the end of time"] = ("StartTooFar", Typed with { WantedStart = DateTimeOffset.MaxValue }),
        ["a namespace of others"] = ("NamespaceNotOffered", Typed with { Namespaces = ["kube-system"] }),
        ["a namespace twice"] = ("NamespaceNotOffered", Typed with { Namespaces = ["payments-prod", "payments-prod"] }),
        ["no namespace"] = ("NamespaceMissing", Typed with { Namespaces = [] }),
    };

    public static TheoryData<string> Wrong => [.. WrongContents.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Ask_WrongContent_IsRefusedAndWritesNothing(string what)
    {
        var (code, content) = WrongContents[what];
        var before = await CountAsync();

        Assert.Equal(code, (await AskAsync(World.Alice, World.OnePeer, content)).Refusal?.Code);

        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task Ask_Markup_IsKeptAsItWasTyped()
    {
        const string markup = "<script>alert(1)</script>\n<img src=x onerror=alert(2)> & \"quotes\" 'n' {{braces}}";
        var id = await SubmittedAsync(World.OnePeer, content: Typed with { Reason = markup, Ticket = "<b>OPS-1</b>" });

        var request = await ReadAsync(id);

        Assert.Equal((markup, "<b>OPS-1</b>"), (request.Reason, request.Ticket));
        Assert.Equal(markup, (await LedgerAsync(LedgerSubject.Of(id))).Single().Content["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Ask_RoleThatIsNotThereOrNotMine_SoundsTheSame()
    {
        var unknown = (await Get<AskForAccess>().AskAsync(World.Alice, UuidId.New<ElevatedRoleId>(Clock.GetUtcNow()), Typed, Cancellation)).Refusal;
        var notMine = (await AskAsync(World.Mallory, World.OnePeer)).Refusal;
        await Database.ExecuteAsOwnerAsync($"UPDATE elevated_roles SET retired_at = now() WHERE id = '{World.OnePeer.ElevatedRoleId}'", Cancellation);
        var withdrawn = (await AskAsync(World.Alice, World.OnePeer)).Refusal;

        Assert.Equal("RoleUnknown", unknown?.Code);
        Assert.Equal(unknown, notMine);
        Assert.Equal(unknown, withdrawn);
    }

    [Fact]
    public async Task Ask_RoleWithoutRulesOrNeverSeen_IsRefused()
    {
        await SetRulesAsync("edit", RoleRules.From([]));
        Assert.Equal("RoleEmpty", (await AskAsync(World.Alice, World.OnePeer)).Refusal?.Code);

        await SetRulesAsync("edit", null);
        Assert.Equal("RoleUnknown", (await AskAsync(World.Alice, World.OnePeer)).Refusal?.Code);
    }

    [Theory]
    [InlineData("system:admin", "UserNameReserved")]
    [InlineData("System:Admin", "UserNameReserved")]
    [InlineData("lapse:probe:1", "UserNameReserved")]
    [InlineData("ali\u200Bce", "UserNameCharacters")]
    public async Task Ask_UserNameThatNobodyMayHave_IsRefused(string userName, string code)
    {
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET user_name_prefix = ''", Cancellation);
        var actor = await SignInAsync("eve", new() { ["preferred_username"] = userName }, "developers");

        Assert.Equal(code, (await AskAsync(actor, World.OnePeer)).Refusal?.Code);
    }

    [Fact]
    public async Task Ask_EmailThatIsNotVerified_IsNoUserName()
    {
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET user_name_claim = 'email'", Cancellation);

        Assert.Equal("EmailNotVerified", (await AskAsync(await SignInAsync("eve", new() { ["email"] = "alice@example.com", ["email_verified"] = "false" }, "developers"), World.OnePeer)).Refusal?.Code);
        Assert.Equal("EmailNotVerified", (await AskAsync(await SignInAsync("kim", new() { ["email"] = "alice@example.com" }, "developers"), World.OnePeer)).Refusal?.Code);
        Assert.Null((await AskAsync(await SignInAsync("zoe", new() { ["email"] = "zoe@example.com", ["email_verified"] = "true" }, "developers"), World.OnePeer)).Refusal);
    }

    [Fact]
    public async Task Submit_UserNameOfSomebodyElse_IsRefused()
    {
        var twin = await SignInAsync("twin", new() { ["preferred_username"] = "alice" }, "developers");
        await SubmittedAsync(World.OnePeer);

        Assert.Equal("UserNameTaken", (await ProveAsync(twin, await AskAsync(twin, World.OnePeer), "developers"))?.Code);
        Assert.Null(await ProveAsync(World.Alice, await AskAsync(World.Alice, World.TwoPeers), "developers"));
    }

    [Fact]
    public async Task Submit_Proved_WaitsForItsFirstStageAndIsInTheLedger()
    {
        var id = await SubmittedAsync(World.OnePeer);

        var request = await ReadAsync(id);
        Assert.Equal((RequestStatus.AwaitingApproval, "oidc:alice", 1), (request.Status, request.ClusterUserName, request.Version));
        Assert.Equal(["developers"], request.ApproverGroups);
        var (act, content) = Assert.Single(await LedgerAsync(LedgerSubject.Of(id)));
        Assert.Equal((LedgerActs.RequestSubmitted, "oidc:alice", 1800), (act, content["clusterUser"]!.GetValue<string>(), content["durationSeconds"]!.GetValue<int>()));
        Assert.Empty(await GrantsAsync(id));
    }

    [Fact]
    public async Task Submit_WithoutStages_IsApprovedByItsWorkflowAndMakesItsGrant()
    {
        var id = await SubmittedAsync(World.ByRule);

        Assert.Equal(RequestStatus.Approved, (await ReadAsync(id)).Status);
        var grant = Assert.Single(await GrantsAsync(id));
        Assert.Equal(("payments-staging", GrantStatus.Scheduled), (grant.Namespace, grant.Status));
        Assert.Null(Assert.Single(await DecisionsAsync(id)).PersonId);
        Assert.Equal([LedgerActs.RequestSubmitted, LedgerActs.RequestApprovedByRule], (await LedgerAsync(LedgerSubject.Of(id))).Select(e => e.Act));
    }

    [Fact]
    public async Task Ask_IdenticalToAnOpenOne_IsRefusedWithALinkToIt()
    {
        var first = await SubmittedAsync(World.OnePeer);

        var second = (await AskAsync(World.Alice, World.OnePeer, Typed with { Reason = "Another reason", Duration = TimeSpan.FromMinutes(5) })).Refusal;

        Assert.Equal(("IdenticalOpen", $"/requests/{first}"), (second?.Code, second?.Link));
        // Somebody else may ask for the same; and once it is withdrawn, so may she.
        await SubmittedAsync(World.OnePeer, World.Bob);
        Assert.True((await Get<WithdrawRequest>().WithdrawAsync(World.Alice, first, Cancellation)).Succeeded);
        await SubmittedAsync(World.OnePeer);
    }

    [Fact]
    public async Task Ask_IdenticalToALiveGrant_IsRefused()
    {
        var id = await SubmittedAsync(World.ByRule);

        Assert.Equal(("IdenticalOpen", $"/requests/{id}"), await AskAsync(World.Alice, World.ByRule) is { Refusal: { } refusal } ? (refusal.Code, refusal.Link) : default);
    }

    [Fact]
    public async Task Submit_TwoIdenticalDraftsAtTheSameInstant_SubmitsOne()
    {
        var drafts = new[] { await AskAsync(World.Alice, World.OnePeer), await AskAsync(World.Alice, World.OnePeer), await AskAsync(World.Alice, World.OnePeer) };
        foreach (var draft in drafts) await LeaveAsync(World.Alice, draft);

        var outcomes = await Task.WhenAll(drafts.Select(draft => ComeBackAsync(World.Alice, draft, "developers")));

        // Whoever authenticated earlier than one that is in already is refused for that; nobody gets past the open one.
        Assert.Single(outcomes, outcome => outcome is null);
        Assert.All(outcomes.OfType<Refusal>(), refusal => Assert.Contains(refusal.Code, new[] { "IdenticalOpen", "SameAuthentication" }));
        await using var db = Database.CreateDbContext();
        Assert.Equal(1, await db.AccessRequests.CountAsync(r => r.Status == RequestStatus.AwaitingApproval, Cancellation));
    }

    [Fact]
    public async Task Submit_EntryOrWorkflowChangedMeanwhile_IsRefused()
    {
        var entry = await AskAsync(World.Alice, World.OnePeer);
        var workflow = await AskAsync(World.Alice, World.TwoPeers);
        await Database.ExecuteAsOwnerAsync($"""
            INSERT INTO elevated_role_versions SELECT (jsonb_populate_record(v, '{"{\"version\": 2}"}')).* FROM elevated_role_versions v WHERE elevated_role_id = '{World.OnePeer.ElevatedRoleId}';
            UPDATE elevated_roles SET current_version = 2 WHERE id = '{World.OnePeer.ElevatedRoleId}';
            INSERT INTO workflow_versions SELECT (jsonb_populate_record(v, '{"{\"version\": 2}"}')).* FROM workflow_versions v WHERE workflow_id = '{World.TwoPeers.WorkflowId}';
            UPDATE workflows SET current_version = 2 WHERE id = '{World.TwoPeers.WorkflowId}';
            """, Cancellation);

        Assert.Equal("EntryChanged", (await ProveAsync(World.Alice, entry, "developers"))?.Code);
        Assert.Equal("EntryChanged", (await ProveAsync(World.Alice, workflow, "developers"))?.Code);
    }

    [Fact]
    public async Task Submit_RoleChangedMeanwhile_IsRefusedIfItAllowsMoreOnly()
    {
        var begun = await AskAsync(World.Alice, World.OnePeer);
        await SetRulesAsync("edit", Wider);
        Assert.Equal("RoleWidened", (await ProveAsync(World.Alice, begun, "developers"))?.Code);

        begun = await AskAsync(World.Alice, World.OnePeer);
        await SetRulesAsync("edit", World.Rules);
        Assert.Null(await ProveAsync(World.Alice, begun, "developers"));
    }

    [Fact]
    public async Task Submit_DraftOfMoreThanADay_IsRefused()
    {
        var old = await SubjectAsync((await AskAsync(World.Alice, World.OnePeer)).Value);
        // The sign-in is of today; the draft is not.
        await Database.ExecuteAsOwnerAsync($"UPDATE access_requests SET expires_at = '{Clock.GetUtcNow():O}'", Cancellation);

        Assert.Equal("DraftTooOld", (await ProveAsync(World.Alice, await Get<AskForAccess>().SubmitAsync(World.Alice, old, Cancellation), "developers"))?.Code);
    }

    [Fact]
    public async Task Submit_ClusterTakenOutOfUse_IsRefused()
    {
        var begun = await AskAsync(World.Alice, World.OnePeer);
        await Database.ExecuteAsOwnerAsync("UPDATE clusters SET retired_at = now()", Cancellation);

        Assert.Equal("ClusterGone", (await ProveAsync(World.Alice, begun, "developers"))?.Code);
    }

    [Fact]
    public async Task Submit_TokenWithoutTheGroup_LeavesTheDraft()
    {
        var begun = await AskAsync(World.Alice, World.OnePeer);

        Assert.Equal("NotRequestable", (await ProveAsync(World.Alice, begun, "sre"))?.Code);

        Assert.Equal(RequestStatus.Draft, (await ReadAsync(await SubjectAsync(begun.Value))).Status);
    }

    [Fact]
    public async Task Submit_Withdrawn_IsRefused()
    {
        var begun = await AskAsync(World.Alice, World.OnePeer);
        await Get<WithdrawRequest>().WithdrawAsync(World.Alice, await SubjectAsync(begun.Value), Cancellation);

        Assert.Equal("SubmittedBefore", (await ProveAsync(World.Alice, begun, "developers"))?.Code);
    }

    [Fact]
    public async Task Withdraw_Twice_IsDoneOnce()
    {
        var id = await SubmittedAsync(World.OnePeer);

        Assert.True((await Get<WithdrawRequest>().WithdrawAsync(World.Alice, id, Cancellation)).Succeeded);
        Assert.True((await Get<WithdrawRequest>().WithdrawAsync(World.Alice, id, Cancellation)).Succeeded);

        Assert.Equal([LedgerActs.RequestSubmitted, LedgerActs.RequestWithdrawn], (await LedgerAsync(LedgerSubject.Of(id))).Select(e => e.Act));
    }

    private async Task<Actor> SignInAsync(string name, Dictionary<string, string> claims, params string[] groups)
    {
        await using var db = Database.CreateDbContext();
        var person = Person.FirstSeen(World.Issuer, $"sub-{name}", name, name, groups, Clock.GetUtcNow());
        var session = SignInSession.Start(person.Id, groups, claims, Clock.GetUtcNow());
        db.AddRange(person, session);
        await db.CommitAsync(Cancellation);
        return new(person.Id, session.Id);
    }
}

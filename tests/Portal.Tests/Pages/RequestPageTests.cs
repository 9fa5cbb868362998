using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Portal.Features.Requests;

namespace Lapse.Portal.Tests.Pages;

public sealed class RequestPageTests : PageTestContext<RequestThreadAsk, RequestThreadView>
{
    private static readonly ThreadRights Approver = new(false, false, true, false, false, null);

    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Open().Find("[aria-busy=true]"));

    [Fact]
    public void Page_NotMine_LooksLikeNoSuchRequest()
    {
        Query.Answer(_ => new Refusal("RequestUnknown", "There is no such request, or it is not yours to see.", "/requests"));
        var page = Open();

        Assert.Equal("RequestUnknown", page.Find("[role=alert]").GetAttribute("data-code"));
        Assert.Empty(page.FindAll("[role=status]"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Open().Find("[role=alert] code").TextContent);
    }

    [Theory]
    [InlineData(RequestStatus.Draft, "Draft")]
    [InlineData(RequestStatus.AwaitingApproval, "Awaiting approval")]
    [InlineData(RequestStatus.Approved, "Approved")]
    [InlineData(RequestStatus.Denied, "Denied")]
    [InlineData(RequestStatus.Withdrawn, "Withdrawn")]
    [InlineData(RequestStatus.TimedOut, "Timed out")]
    public void State_IsInTheOneStatusNamedRequestState(RequestStatus status, string word)
    {
        Query.Answer(Samples.Thread(status));

        var state = Assert.Single(Open().FindAll("[role=status]"));
        Assert.Equal("Request state", state.GetAttribute("aria-label"));
        Assert.Contains(word, state.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Grant_ThatItsHolderHadAnyway_SaysByWhat()
    {
        const string by = "RoleBinding \"team/payments-prod\" of ClusterRole \"view\" to Group \"oidc:developers\", as far as “get pods in payments-prod” goes";
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Active) with { AlreadyHadBy = by }]));

        Assert.Equal($"Alice already had this by {by}.", Open().Find(".grant-note").TextContent);
    }

    [Fact]
    public void Evidence_WhoMayHaveIt_IsOfferedForEachAccess()
    {
        var grant = Samples.Grant(GrantStatus.Active);
        Query.Answer(Samples.Thread(RequestStatus.Approved, new(false, false, false, false, false, null, Evidence: true), [grant]));

        var link = Open().Find(".grant-actions a");
        Assert.Equal(($"/grants/{grant.Id}/evidence", $"lapse-evidence-{grant.Id}.json"), (link.GetAttribute("href"), link.GetAttribute("download")));
        Assert.Equal("Evidence of edit in payments-prod", link.GetAttribute("aria-label"));
    }

    [Fact]
    public void Evidence_WhoMayNot_IsNotOffered()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Active)]));

        Assert.Empty(Open().FindAll(".grant-actions a"));
    }

    [Fact]
    public void LeftBehind_NotLookedYet_IsNeverSaidToBeNothing() =>
        Assert.Equal("Lapse has not looked yet for what this access left behind.", Open(null).Find(".grant-note").TextContent);

    [Fact]
    public void LeftBehind_ThingsAppeared_NamesThemAndWhatCouldNotBeLookedAt()
    {
        var page = Open(new(Samples.Now.AddMinutes(-10), Samples.Now, 51, [new("RoleBinding", "payments-prod", "<b>kept</b>", "uid", Samples.Now.AddMinutes(-5))], [new("Secrets with tokens", "Lapse does not have that right")]));

        Assert.Equal("51 objects appeared while this access was there. Whether the holder made them, Lapse does not know:", page.Find(".grant-note").TextContent);
        Assert.Equal("RoleBinding payments-prod/<b>kept</b>", page.Find(".left-behind code").TextContent);
        Assert.Contains("and 50 more", page.Find(".left-behind").TextContent, StringComparison.Ordinal);
        Assert.Equal("Secrets with tokens: Lapse does not have that right.", page.Find(".left-behind-not li").TextContent);
        Assert.Contains("tone-bad", page.Find(".left-behind").ClassName, StringComparison.Ordinal);
    }

    [Fact]
    public void LeftBehind_NothingAppeared_SaysWhereItLooked() =>
        Assert.Equal("Nothing appeared meanwhile where Lapse could look.", Open(new(Samples.Now, Samples.Now, 0, [], [])).Find(".grant-note").TextContent);

    [Fact]
    public void LeftBehind_ClusterAway_SaysThatItCouldNotBeLookedAt() =>
        Assert.Equal("What this access left behind could not be looked at.", Open(new(Samples.Now, Samples.Now, 0, [], [new("Everything", "the cluster could not be asked")])).Find(".grant-note").TextContent);

    private IRenderedComponent<RequestPage> Open(LeftBehind? left)
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Ended, end: EndReason.Expired) with { IsLookedAfter = true, LeftBehind = left }]));
        return Open();
    }

    [Fact]
    public void Decision_RoleThatMakesLastingAccess_SaysSoBesideTheButtons()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false) with { Facts = Samples.Minting });

        Assert.Equal("Can make access that outlives it: bindings and tokens. Alice can keep what is made so when this access has ended.", Open().Find(".decide .minting").TextContent.Trim());
    }

    [Fact]
    public void Decision_RoleThatOnlyReads_HasNoMark()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false) with { Facts = Lapse.Portal.Features.Catalogue.RoleFacts.Of("""[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]""", ["web"], Samples.Now) });

        Assert.Empty(Open().FindAll(".minting"));
    }

    [Fact]
    public void Reason_WithMarkup_IsShownAsText()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval));
        var page = Open();

        Assert.Equal("<b>rollback</b> of 4711", page.Find("blockquote[aria-label=Reason]").TextContent);
        Assert.Empty(page.FindAll("blockquote b"));
    }

    [Fact]
    public void Buttons_NobodysRights_AreNotThere()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, mine: false));

        Assert.Empty(Open().FindAll("button:not(.copy-btn)"));
    }

    [Fact]
    public void Buttons_OfAnApprover_HaveTheirNames()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false) with { Aid = new([], [], []) });
        var page = Open();

        Assert.Equal(["Approve", "Deny"], page.FindAll("button").Select(b => b.TextContent.Trim()));
        Assert.Contains(page.FindAll("label"), label => label.TextContent.StartsWith("Comment", StringComparison.Ordinal));
        Assert.Contains("second factor", page.Find(".decide .consequence").TextContent, StringComparison.Ordinal);
        Assert.Contains("Alice has never asked for this before.", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Draft_OfMine_IsConfirmedOrWithdrawn()
    {
        Query.Answer(Samples.Thread(RequestStatus.Draft, new(true, true, false, false, false, null)));
        var page = Open();

        Assert.Equal(["Withdraw", "Confirm and submit"], page.FindAll("button").Select(b => b.TextContent.Trim()));
        Assert.Contains("you confirm the request", page.Find(".is-next").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Approve_WhenTheDatabaseIsDown_KeepsTheCommentAndSaysSo()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false));
        var page = Open();
        page.Find(".decide textarea").Input("go ahead");

        page.FindAll(".decide button")[0].Click();

        Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal("go ahead", page.Find(".decide textarea").GetAttribute("value"));
    }

    [Fact]
    public void Waiting_NextStep_NamesThoseWhoMustAct()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval));

        Assert.Contains("1 approval by Bob or Carol.", Open().Find(".is-next").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void WiderRole_IsNamedRightByRight()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false) with { Aid = new([], ["create pods/exec (core)"], ["get nodes (core)"]) });
        var page = Open();

        Assert.Equal(["get nodes (core)", "create pods/exec (core)"], page.FindAll("[aria-label='New rights'] code").Select(c => c.TextContent));
    }

    [Fact]
    public void Active_Mine_HasCountdownLinesForTheTerminalAndDrop()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, new(false, false, false, true, false, null), [Samples.Grant(GrantStatus.Active)]));
        var page = Open();

        Assert.Contains("Active", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Equal("20:00", page.Find(".page-facts .countdown").TextContent);
        Assert.Contains("kubectl --namespace payments-prod auth can-i get pods", page.FindAll(".copy-line code").Select(c => c.TextContent));
        Assert.Contains("oidc:alice", page.Find("section[aria-labelledby=use-title]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Drop access", page.FindAll(".grant button").Select(b => b.TextContent.Trim()));
    }

    [Fact]
    public void Active_OfAnother_CanBeRevokedByThoseWhoMayAndHasNoTerminalLines()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, new(false, false, false, false, true, null), [Samples.Grant(GrantStatus.Active), Samples.Grant(GrantStatus.Ended, "web-prod", EndReason.Expired)], mine: false));
        var page = Open();

        Assert.Equal("Revoke", Assert.Single(page.FindAll(".grant button")).TextContent.Trim());
        Assert.Empty(page.FindAll(".copy-line"));
        Assert.Equal(2, page.FindAll(".grant").Count);
    }

    [Fact]
    public void Revoke_AsksFirstAndSaysWhatItDestroys()
    {
        var providers = RenderProviders();
        Query.Answer(Samples.Thread(RequestStatus.Approved, new(false, false, false, false, true, null), [Samples.Grant(GrantStatus.Active)], mine: false));
        var page = Open();

        var click = page.Find(".grant button").ClickAsync(new());
        Assert.Equal("Revoke Alice's edit in payments-prod", providers.WaitForElement(".confirm .btn-danger").TextContent);
        Confirm(providers);

        page.WaitForAssertion(() => Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal));
        Assert.NotNull(click);
    }

    [Fact]
    public void Overdue_End_IsSaidLoudly()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Revoking, error: "Sandbox does not answer.", overdue: true)]) with { Cluster = Samples.Cluster(ClusterState.Unreachable) });
        var page = Open();

        Assert.Contains("Overdue", page.Find("[role=status]").TextContent, StringComparison.Ordinal);
        Assert.Contains("Take the access for live", page.Find(".grant").TextContent, StringComparison.Ordinal);
        Assert.Contains("once Sandbox answers", page.Find(".is-next").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_SaysWhyAndWhatToDo()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Failed, failure: FailureReason.TooLate)]));
        var page = Open();

        Assert.Contains("nobody gets access unattended", page.Find(".grant").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll(".is-next"));
        Assert.Contains(page.FindAll(".page-action a"), a => a.TextContent == "Ask again");
    }

    [Fact]
    public void Ended_AfterUse_ListsWhatMayBeLeft()
    {
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Ended, end: EndReason.Expired)]));

        Assert.Contains("Can read Secrets", Open().Find("[aria-label='What may be left']").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Proof_Unfolds()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval));

        var details = Open().Find(".event details");
        Assert.Equal("Proof of the second factor", details.QuerySelector("summary")!.TextContent);
        Assert.Contains("urn:mfa", details.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Active_Mine_CanBeExtended()
    {
        var thread = Samples.Thread(RequestStatus.Approved, new(false, false, false, true, false, null, Extend: true), [Samples.Grant(GrantStatus.Active)]);
        Query.Answer(thread);
        Assert.Equal($"/requests/new?extend={thread.Id}", Open().FindAll(".page-action a").Single(a => a.TextContent == "Extend").GetAttribute("href"));

        Query.Answer(thread with { Rights = thread.Rights with { Extend = false } });
        Assert.DoesNotContain(Open().FindAll(".page-action a"), a => a.TextContent == "Extend");
    }

    [Fact]
    public void Extension_ForAnApprover_SaysUntilWhenThePresentAccessLasts()
    {
        var earlier = Samples.Link(endsAt: Samples.Now.AddMinutes(20));
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval, Approver, mine: false) with { Extends = earlier });
        var page = Open();

        var note = page.Find(".thread-notes .entry-note");
        Assert.Contains("Extends Alice's earlier access, which has 20:00 left.", System.Text.RegularExpressions.Regex.Replace(note.TextContent, @"\s+", " "), StringComparison.Ordinal);
        Assert.Equal($"/requests/{earlier.Id}", note.QuerySelector("a")!.GetAttribute("href"));
        Assert.Contains("asks to extend", page.Find("section[aria-label='What was asked for']").TextContent, StringComparison.Ordinal);
        Assert.Contains("the present access ends", page.Find(".decide .consequence").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Extension_OfWhatWasEndedOnPurpose_SaysThatItCannotBeApproved()
    {
        Query.Answer(Samples.Thread(RequestStatus.AwaitingApproval) with { Extends = Samples.Link("Revoked", endedOnPurpose: true) });

        Assert.Contains("can no longer be approved", Open().Find(".thread-notes .tone-bad").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Extended_NamesWhatExtendsItWithALinkOnlyForWhoMaySeeIt()
    {
        var later = Samples.Link("Awaiting approval");
        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Active)]) with { ExtendedBy = later });
        Assert.Equal($"/requests/{later.Id}", Open().Find(".thread-notes .entry-note a").GetAttribute("href"));

        Query.Answer(Samples.Thread(RequestStatus.Approved, grants: [Samples.Grant(GrantStatus.Active)]) with { ExtendedBy = later with { MayOpen = false } });
        var note = Open().Find(".thread-notes .entry-note");
        Assert.Null(note.QuerySelector("a"));
        Assert.Contains("Extended by a later request.", System.Text.RegularExpressions.Regex.Replace(note.TextContent, @"\s+", " "), StringComparison.Ordinal);
    }

    private IRenderedComponent<RequestPage> Open() => Render<RequestPage>(p => p.Add(page => page.Id, Guid.NewGuid().ToString("D")));
}

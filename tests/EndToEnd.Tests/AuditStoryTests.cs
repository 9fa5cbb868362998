using k8s;
using Lapse.EndToEnd.Tests.Fixtures;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace Lapse.EndToEnd.Tests;

/// <summary>The audit as people use it: a CI that is administrator is found and looked at, a question is asked while typing, a finding is accepted and taken back.</summary>
[Collection("browser")]
public sealed class AuditStoryTests(LapseFixture lapse)
{
    private static readonly LocatorAssertionsToBeVisibleOptions Read = new() { Timeout = 60_000 };

    [Fact]
    public async Task Story_FindTheCiAdminAskAndAccept_IsSeenByTheAuditorAndNotByOthers()
    {
        var window = await lapse.WindowAsync(lapse.Person("Dana", "lapse-admins"));
        var page = window.Page;
        await window.Navigation("Audit").ClickAsync();
        await page.WaitForURLAsync("**/rbac/*");
        var audit = new Uri(page.Url).AbsolutePath;

        // Found by what it is, and unfolded to why.
        await window.OpenAsync($"{audit}?check=LR001&subject=ServiceAccount%20ci/deployer");
        var row = page.Locator("tr[data-finding=LR001]");
        await Expect(row).ToBeVisibleAsync(Read);
        await row.Locator(".unfold").ClickAsync();
        await Expect(page.Locator(".finding")).ToContainTextAsync("ClusterRoleBinding ci-deployer");
        await row.GetByRole(AriaRole.Link, new() { Name = "ci/deployer", Exact = true }).ClickAsync();
        await Expect(window.Heading).ToHaveTextAsync("ci/deployer");
        await Expect(page.Locator(".path-steps").First).ToBeVisibleAsync();

        // Three fields in one go: no letter is lost, and the answer is there without a press of Enter.
        await window.OpenAsync(audit);
        await page.Locator("#who-can-verb").PressSequentiallyAsync("get");
        await page.Locator("#who-can-resource").PressSequentiallyAsync("secrets");
        await page.Locator("#who-can-namespace").PressSequentiallyAsync("kube-system");
        var answer = page.Locator(".who-can-answer");
        await Expect(answer).ToContainTextAsync("can get secrets in kube-system");
        await Expect(answer.GetByRole(AriaRole.Link, new() { Name = "platform/backup", Exact = true })).ToBeVisibleAsync();
        await Expect(answer.GetByRole(AriaRole.Link, new() { Name = "ci/deployer", Exact = true })).ToBeVisibleAsync();
        Assert.EndsWith("?verb=get&resource=secrets&in=kube-system", page.Url, StringComparison.Ordinal);

        // The picture of ways by keys alone: from the target along a way to a subject, back, and there again; Escape leaves it, Enter opens.
        await window.OpenAsync($"{audit}/paths");
        await page.Locator("[data-graph] [data-to='']").FocusAsync();
        var subject = page.Locator("[data-graph] a.is-subject:focus");
        for (var steps = 0; steps < 8 && await subject.CountAsync() == 0; steps++) await page.Keyboard.PressAsync("ArrowLeft");
        var (who, next) = (await subject.GetAttributeAsync("href"), await subject.GetAttributeAsync("data-to"));
        Assert.Equal(1, await page.Locator("[data-graph] [tabindex='0']").CountAsync());
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator("[data-graph] [data-to]:focus")).ToHaveAttributeAsync("data-box", next!);
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(subject).ToHaveAttributeAsync("href", who!);
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".graph-frame")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/subjects/**");
        Assert.EndsWith(who!, page.Url, StringComparison.Ordinal);

        await window.OpenAsync($"{audit}?check=LR001&subject=ServiceAccount%20ci/deployer");
        await row.Locator(".unfold").ClickAsync();
        await page.GetByText("Accept this finding").ClickAsync();
        await window.Field("Reason").FillAsync("Until CI has a role of its own");
        await window.Field("Owner").FillAsync("Platform team");
        await window.Field("Until").FillAsync(DateTimeOffset.UtcNow.AddDays(30).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        await window.Button("Accept the finding").ClickAsync();
        await Expect(row).ToHaveCountAsync(0);

        // The auditor sees that it is accepted, by whom and why, and cannot change that.
        var auditor = await lapse.WindowAsync(lapse.Person("Sam", "lapse-auditors"));
        await auditor.OpenAsync($"{audit}?check=LR001&show=accepted");
        var accepted = auditor.Page.Locator("tr[data-finding=LR001]");
        await accepted.Locator(".unfold").ClickAsync();
        await Expect(auditor.Page.Locator(".finding")).ToContainTextAsync("Until CI has a role of its own");
        await Expect(auditor.Page.Locator(".accept")).ToHaveCountAsync(0);

        // Taken back, it is open again; the auditor's page follows by itself.
        await window.OpenAsync($"{audit}?check=LR001&show=accepted");
        await row.Locator(".unfold").ClickAsync();
        await page.GetByText("Take the acceptance back").ClickAsync();
        await window.Field("Reason").FillAsync("CI has a role of its own now");
        await window.Button("Take it back").ClickAsync();
        await Expect(accepted).ToHaveCountAsync(0);

        var developer = await lapse.WindowAsync(lapse.Person("Alice", "developers"));
        await Expect(developer.Navigation("Audit")).ToHaveCountAsync(0);
        await developer.OpenAsync(audit);
        await Expect(developer.Page.Locator("[data-code=AuditDenied]")).ToBeVisibleAsync();
        await developer.CloseAsync();
        await auditor.CloseAsync();
        await window.CloseAsync();
    }

    [Fact]
    public async Task Story_StandingAccess_BecomesJustInTimeByTwoAdminsAndComesBack()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var cluster = lapse.Cluster.CreateClient();
        var before = await cluster.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync("erin-edit", "monitoring", cancellationToken: cancellation);
        // What an administrator does for every new place of the catalogue: Lapse may bind the role there.
        await cluster.RbacAuthorizationV1.CreateNamespacedRoleAsync(
            new()
            {
                Metadata = new() { Name = "lapse-portal" },
                Rules =
                [
                    new() { ApiGroups = [before.RoleRef.ApiGroup], Resources = ["rolebindings"], Verbs = ["create", "get", "list", "watch", "delete"] },
                    new() { ApiGroups = [before.RoleRef.ApiGroup], Resources = ["clusterroles"], ResourceNames = ["edit"], Verbs = ["bind"] },
                ],
            },
            "monitoring", cancellationToken: cancellation);
        await cluster.RbacAuthorizationV1.CreateNamespacedRoleBindingAsync(
            new() { Metadata = new() { Name = "lapse-portal" }, RoleRef = new() { ApiGroup = before.RoleRef.ApiGroup, Kind = "Role", Name = "lapse-portal" }, Subjects = [new() { Kind = "ServiceAccount", Name = "lapse-portal", NamespaceProperty = "lapse-system" }] },
            "monitoring", cancellationToken: cancellation);
        var window = await lapse.WindowAsync(lapse.Person("Dana", "lapse-admins"));
        var second = await lapse.WindowAsync(lapse.Person("Dave", "lapse-admins"));

        await window.OpenAsync("/rbac/sandbox?subject=User%20oidc:erin&check=LR010");
        var row = window.Page.Locator("tr[data-finding=LR010]");
        await Expect(row).ToBeVisibleAsync(Read);
        await row.Locator(".unfold").ClickAsync();
        await window.Link("Make this just-in-time").ClickAsync();
        await Expect(window.Page.Locator(".affected")).ToContainTextAsync("No way to ask");
        // Nobody is locked out unseen.
        await window.Field("Who is left without a way to ask").FillAsync("everybody");
        await window.Button("Propose it").ClickAsync();
        await Expect(window.Page.Locator(".field.has-error")).ToContainTextAsync("oidc:erin");
        await window.Field("Who is left without a way to ask").FillAsync("oidc:erin");
        await window.Button("Propose it").ClickAsync();
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/rbac/just-in-time/*");
        await Expect(window.Page.GetByText("Nothing has happened yet")).ToBeVisibleAsync();
        Assert.Equal(before.Metadata.Uid, (await cluster.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync("erin-edit", "monitoring", cancellationToken: cancellation)).Metadata.Uid);

        await second.OpenAsync(new Uri(window.Page.Url).AbsolutePath);
        await second.Button("Confirm").ClickAsync();
        await second.StepUpAsync();
        await second.Page.WaitForURLAsync("**/rbac/just-in-time/*");

        // The first admin's page follows by itself, through the change feed.
        await Expect(window.Page.GetByText("Removed and seen gone")).ToBeVisibleAsync(Read);
        Assert.DoesNotContain((await cluster.RbacAuthorizationV1.ListNamespacedRoleBindingAsync("monitoring", cancellationToken: cancellation)).Items, one => one.Metadata.Name == "erin-edit");
        await second.OpenAsync("/admin/catalogue");
        await Expect(second.Page.GetByRole(AriaRole.Link, new() { Name = "edit in monitoring" }).First).ToBeVisibleAsync();

        await window.Button("Restore exactly this binding").ClickAsync();
        await window.StepUpAsync();
        await window.Page.WaitForURLAsync("**/rbac/just-in-time/*");
        await Expect(window.Page.GetByText("It is standing access again.")).ToBeVisibleAsync(Read);
        var after = await cluster.RbacAuthorizationV1.ReadNamespacedRoleBindingAsync("erin-edit", "monitoring", cancellationToken: cancellation);
        Assert.Equal((before.RoleRef.Name, "oidc:erin"), (after.RoleRef.Name, Assert.Single(after.Subjects).Name));
        Assert.NotEqual(before.Metadata.Uid, after.Metadata.Uid);
        await second.CloseAsync();
        await window.CloseAsync();
    }
}

using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Workflows;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Every text that an admin can type: too long, with what cannot be stored, and with markup. Reason, ticket and comments have their rows in the tests of the main job.</summary>
public sealed class EveryTextFieldTests(PostgresFixture postgres) : AdminSetting(postgres)
{
    private sealed record Field(string Name, Func<EveryTextFieldTests, string, Task<Refusal?>> Type, params string[] Codes);

    private static readonly Field[] Fields =
    [
        new("entry title", (t, text) => t.EntryAsync(e => e with { Title = text }), "TitleLength", "TitleCharacters"),
        new("entry description", (t, text) => t.EntryAsync(e => e with { Description = text }), "DescriptionLength", "DescriptionCharacters"),
        new("entry role", (t, text) => t.EntryAsync(e => e with { Role = new(RoleKind.ClusterRole, text) }), "RoleName"),
        new("entry namespace", (t, text) => t.EntryAsync(e => e with { Namespaces = [text] }), "NamespaceName"),
        new("workflow title", (t, text) => t.WorkflowAsync(w => w with { Title = text }), "TitleLength", "TitleCharacters"),
        new("group that asks", (t, text) => t.WorkflowAsync(w => w with { RequesterGroups = [text] }), "GroupName"),
        new("stage", (t, text) => t.WorkflowAsync(w => w with { Stages = [new(text, ["developers"], 1)] }), "StageName"),
        new("group that approves", (t, text) => t.WorkflowAsync(w => w with { Stages = [new("Peers", [text], 1)] }), "GroupName"),
        new("cluster name", (t, text) => t.ClusterAsync(c => c with { Name = text }), "ClusterName"),
        new("cluster title", (t, text) => t.ClusterAsync(c => c with { Title = text }), "TitleLength"),
        new("user name claim", (t, text) => t.ClusterAsync(c => c with { UserNameClaim = text }), "UserNameClaim"),
        new("user name prefix", (t, text) => t.ClusterAsync(c => c with { UserNamePrefix = text }), "UserNamePrefix"),
        new("address", (t, text) => t.ClusterAsync(c => c with { Access = new ClusterAccess.Token(text, "", "t") }), "ServerAddress", "ServerNotHttps"),
        new("certificate authority", (t, text) => t.ClusterAsync(c => c with { Access = new ClusterAccess.Token("https://203.0.113.1", text, "t") }), "CertificateAuthority"),
        new("token", (t, text) => t.ClusterAsync(c => c with { Access = new ClusterAccess.Token("https://203.0.113.1", "", text + "\n") }), "CredentialToken"),
    ];

    public static TheoryData<string> Names => [.. Fields.Select(f => f.Name)];

    protected override OutboundOptions Outbound { get; } = new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Field_TooLongOrWithWhatCannotBeStored_IsRefusedByItsCodeAndWritesNothing(string name)
    {
        var field = Fields.Single(f => f.Name == name);
        foreach (var text in new[] { new string('x', 10_000), "a\0b", "half \uD83D" })
            Assert.Contains((await field.Type(this, text))?.Code, field.Codes);

        await using var db = Database.CreateDbContext();
        Assert.False(await db.ConfigurationChanges.AnyAsync(Cancellation));
    }

    [Fact]
    public async Task Title_WithMarkup_IsKeptAsItWasTyped()
    {
        const string markup = "<img src=x onerror=alert(1)> & \"more\"";

        Assert.Null(await AnswerAsync(await Propose.SaveWorkflowAsync(World.Dana, Workflow with { Title = markup, Stages = [new("<b>Peers</b>", ["<developers>"], 1)] }, Cancellation)));

        await using var db = Database.CreateDbContext();
        var saved = await db.WorkflowVersions.AsNoTracking().SingleAsync(v => v.Title == markup, Cancellation);
        Assert.Equal(("<b>Peers</b>", "<developers>"), (saved.Stages[0].Name, saved.Stages[0].ApproverGroups[0]));
    }

    private static WorkflowForm Workflow => new(null, 0, "New", ["developers"], [new ApprovalStage("Peers", ["developers"], 1)], TimeSpan.FromHours(8), TimeSpan.FromMinutes(15));

    private async Task<Refusal?> EntryAsync(Func<EntryForm, EntryForm> type) => (await Propose.SaveEntryAsync(
        World.Dana,
        type(new(null, 0, "New", "", World.Cluster.Id, ClusterEnvironment.Production, new(RoleKind.ClusterRole, "edit"), ["dev"], TimeSpan.FromHours(1), TimeSpan.FromHours(1), World.OnePeer.WorkflowId, false)),
        Cancellation)).Refusal;

    private async Task<Refusal?> WorkflowAsync(Func<WorkflowForm, WorkflowForm> type) => (await Propose.SaveWorkflowAsync(World.Dana, type(Workflow), Cancellation)).Refusal;

    private async Task<Refusal?> ClusterAsync(Func<ClusterForm, ClusterForm> type) => (await Propose.SaveClusterAsync(
        World.Dana, type(new(null, 0, "fresh", "Fresh", ClusterEnvironment.Staging, new ClusterAccess.Token("https://203.0.113.1", "", "t"), "sub", "oidc:")), Cancellation)).Refusal;
}

using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Features.Admin;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>What a cluster's form is refused for before anything is called or written, as in production, where loopback is not allowed.</summary>
public sealed class ClusterRefusalTests(PostgresFixture postgres) : AdminSetting(postgres)
{
    protected override OutboundOptions Outbound { get; } = new() { ConnectTimeout = TimeSpan.FromSeconds(2) };

    [Theory]
    [InlineData("exec", "exec: {command: sh}")]
    [InlineData("tokenFile", "tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token")]
    [InlineData("client-certificate", "client-certificate: /etc/ssl/a.pem")]
    [InlineData("username", "username: admin")]
    public async Task Save_KubeconfigWithAForbiddenUserField_IsRefusedByItsName(string field, string user) => await RefusedAsync(Kubeconfig("server: https://203.0.113.1", user), field);

    [Theory]
    [InlineData("proxy-url", "proxy-url: http://proxy.example.org")]
    [InlineData("insecure-skip-tls-verify", "insecure-skip-tls-verify: true")]
    [InlineData("certificate-authority", "certificate-authority: /etc/ssl/ca.pem")]
    public async Task Save_KubeconfigWithAForbiddenClusterField_IsRefusedByItsName(string field, string cluster) =>
        await RefusedAsync(Kubeconfig($"server: https://203.0.113.1\n    {cluster}", "token: t"), field);

    [Theory]
    [InlineData("https://127.0.0.1:6443", "loopback")]
    [InlineData("https://[::1]:6443", "loopback")]
    [InlineData("https://169.254.169.254", "metadata")]
    [InlineData("https://169.254.1.1", "link-local")]
    [InlineData("https://[fe80::1]", "link-local")]
    [InlineData("https://[::ffff:169.254.169.254]", "metadata")]
    public async Task SaveAndTest_AddressOfThisMachineOrOfAMetadataService_IsRefused(string server, string why)
    {
        var access = new ClusterAccess.Token(server, "", "t");

        var saved = (await Propose.SaveClusterAsync(World.Dana, Form(access), Cancellation)).Refusal!;
        var tested = (await Get<TestCluster>().TestAsync(World.Dana, null, access, Cancellation)).Refusal!;

        Assert.Contains(why, saved.Message, StringComparison.Ordinal);
        Assert.Contains(why, tested.Message, StringComparison.Ordinal);
        await NothingIsWrittenAsync();
    }

    [Theory]
    [InlineData("http://api.example.org", "ServerNotHttps")]
    [InlineData("https://user:secret@api.example.org", "ServerAddress")]
    [InlineData("not an address", "ServerAddress")]
    public async Task Save_AddressThatIsNone_IsRefused(string server, string code)
    {
        Assert.Equal(code, (await Propose.SaveClusterAsync(World.Dana, Form(new ClusterAccess.Token(server, "", "t")), Cancellation)).Refusal?.Code);
        await NothingIsWrittenAsync();
    }

    [Theory]
    [InlineData("system:", "UserNamePrefixReserved")]
    [InlineData("system:serviceaccount:", "UserNamePrefixReserved")]
    [InlineData("lapse:", "UserNamePrefixReserved")]
    [InlineData("two\nlines", "UserNamePrefix")]
    public async Task Save_PrefixThatGivesReservedNames_IsRefused(string prefix, string code)
    {
        Assert.Equal(code, (await Propose.SaveClusterAsync(World.Dana, Form(new ClusterAccess.Token("https://203.0.113.1", "", "t")) with { UserNamePrefix = prefix }, Cancellation)).Refusal?.Code);
        await NothingIsWrittenAsync();
    }

    [Fact]
    public async Task Save_NameThatIsTakenOrNone_IsRefused()
    {
        var form = Form(new ClusterAccess.Token("https://203.0.113.1", "", "t"));

        Assert.Equal("ClusterNameTaken", (await Propose.SaveClusterAsync(World.Dana, form with { Name = World.Cluster.Name }, Cancellation)).Refusal?.Code);
        Assert.Equal("ClusterName", (await Propose.SaveClusterAsync(World.Dana, form with { Name = "Prod EU" }, Cancellation)).Refusal?.Code);
        await NothingIsWrittenAsync();
    }

    [Fact]
    public async Task Save_UnchangedAccessOfANewCluster_IsRefused() =>
        Assert.Equal("NoCredential", (await Propose.SaveClusterAsync(World.Dana, Form(new ClusterAccess.Unchanged()), Cancellation)).Refusal?.Code);

    [Fact]
    public async Task Pages_ForWhoeverIsNoAdmin_AreRefused()
    {
        foreach (var actor in new[] { World.Alice, World.Bob, World.Sam, World.Mallory })
        {
            Assert.Equal("NotAnAdmin", (await AskAsync<AdminClustersAsk, AdminClustersView>(actor, new())).Refusal?.Code);
            Assert.Equal("NotAnAdmin", (await AskAsync<ClusterFormAsk, ClusterFormView>(actor, new("new"))).Refusal?.Code);
            Assert.Equal("NotAnAdmin", (await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(actor, new(CatalogueSection.Entries))).Refusal?.Code);
            Assert.Equal("NotAnAdmin", (await AskAsync<EntryFormAsk, EntryFormView>(actor, new("new"))).Refusal?.Code);
            Assert.Equal("NotAnAdmin", (await AskAsync<WorkflowFormAsk, WorkflowFormView>(actor, new("new"))).Refusal?.Code);
        }
    }

    [Fact]
    public async Task Pages_ForAnAdmin_ShowWhatIsThere_InParts()
    {
        var clusters = (await AskAsync<AdminClustersAsk, AdminClustersView>(World.Dana, new())).Value;
        Assert.Equal((World.Cluster.Id, 3, null), (clusters.Clusters[0].Id, clusters.Clusters[0].Entries, clusters.Next));
        var form = (await AskAsync<ClusterFormAsk, ClusterFormView>(World.Dana, new(World.Cluster.Id.ToString()))).Value;
        Assert.Equal(("test", 1, true), (form.Name, form.Version, form.WantsSecondAdmin));
        Assert.Equal("ClusterUnknown", (await AskAsync<ClusterFormAsk, ClusterFormView>(World.Dana, new("../x"))).Refusal?.Code);

        foreach (var section in (CatalogueSection[])[CatalogueSection.Entries, CatalogueSection.Workflows])
        {
            var first = (await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(World.Dana, new(section, Take: 2))).Value;
            var rest = (await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(World.Dana, new(section, first.Next, 2))).Value;
            Assert.Equal((2, 1, null), (first.Entries.Count + first.Workflows.Count, rest.Entries.Count + rest.Workflows.Count, rest.Next));
            Assert.Equal(3, first.Entries.Concat(rest.Entries).Select(e => e.Title).Concat(first.Workflows.Concat(rest.Workflows).Select(w => w.Id.ToString())).Distinct().Count());
        }
        Assert.Empty((await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(World.Dana, new(CatalogueSection.Withdrawn))).Value.Entries);

        var entry = (await AskAsync<EntryFormAsk, EntryFormView>(World.Dana, new(World.OnePeer.ElevatedRoleId.ToString()))).Value;
        Assert.Equal(("edit in payments-prod", false, 1, 3), (entry.Current!.Title, entry.IsWithdrawn, entry.Clusters.Count, entry.Workflows.Count));
        Assert.Equal(["admin", "edit"], entry.Roles);
    }

    [Fact]
    public async Task WithdrawnEntry_OfferedAgain_IsShownAsWithdrawnUntilThen()
    {
        Assert.Null(await AnswerAsync(await Propose.RetireEntryAsync(World.Dana, World.OnePeer.ElevatedRoleId, Cancellation)));

        Assert.Equal("edit in payments-prod", Assert.Single((await AskAsync<AdminCatalogueAsk, AdminCatalogueView>(World.Dana, new(CatalogueSection.Withdrawn))).Value.Entries).Title);
        Assert.True((await AskAsync<EntryFormAsk, EntryFormView>(World.Dana, new(World.OnePeer.ElevatedRoleId.ToString()))).Value.IsWithdrawn);
        Assert.Equal("ConfigurationMoved", (await Propose.RetireEntryAsync(World.Dana, World.OnePeer.ElevatedRoleId, Cancellation)).Refusal?.Code);
    }

    private async Task RefusedAsync(string kubeconfig, string field)
    {
        var refusal = (await Propose.SaveClusterAsync(World.Dana, Form(new ClusterAccess.Kubeconfig(kubeconfig)), Cancellation)).Refusal!;

        Assert.Equal($"Kubeconfig:{field}", refusal.Code);
        Assert.Contains($"“{field}”", refusal.Message, StringComparison.Ordinal);
        await NothingIsWrittenAsync();
    }

    private async Task NothingIsWrittenAsync()
    {
        await using var db = Database.CreateDbContext();
        Assert.False(await db.ConfigurationChanges.AnyAsync(Cancellation));
        Assert.False(await db.StepUpChallenges.AnyAsync(Cancellation));
    }

    private static ClusterForm Form(ClusterAccess access) => new(null, 0, "fresh", "Fresh", ClusterEnvironment.Staging, access, "sub", "oidc:");

    private static string Kubeconfig(string cluster, string user) =>
        $"current-context: a\ncontexts:\n- name: a\n  context: {{cluster: a, user: a}}\nclusters:\n- name: a\n  cluster:\n    {cluster}\nusers:\n- name: a\n  user:\n    {user}\n";
}

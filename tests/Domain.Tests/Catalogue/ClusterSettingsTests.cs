using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Catalogue;

public class ClusterSettingsTests
{
    private static readonly ClusterSettings Ordinary = new("prod-eu", "Production, Europe", ClusterEnvironment.Production, "https://api.example.org:6443", "", CredentialKind.Token, "preferred_username", "oidc:");

    [Fact]
    public void Check_Ordinary_Passes()
    {
        Assert.Null(Ordinary.Check());
        Assert.Null((Ordinary with { UserNamePrefix = "" }).Check());
    }

    [Theory]
    [InlineData("a", null)]
    [InlineData("0-9", null)]
    [InlineData("", "ClusterName")]
    [InlineData("Prod", "ClusterName")]
    [InlineData("prod eu", "ClusterName")]
    [InlineData("-prod", "ClusterName")]
    [InlineData("prod-", "ClusterName")]
    [InlineData("prod/../x", "ClusterName")]
    [InlineData("prod\n", "ClusterName")]
    [InlineData("prödu", "ClusterName")]
    public void Check_Name_IsADnsLabel(string name, string? code) => Assert.Equal(code, (Ordinary with { Name = name }).Check()?.Code);

    [Theory]
    [InlineData(63, null)]
    [InlineData(64, "ClusterName")]
    [InlineData(10_000, "ClusterName")]
    public void Check_NameLength_IsAtMost63(int length, string? code) => Assert.Equal(code, (Ordinary with { Name = new string('x', length) }).Check()?.Code);

    [Theory]
    [InlineData(0, "TitleLength")]
    [InlineData(120, null)]
    [InlineData(121, "TitleLength")]
    public void Check_TitleLength_IsOneTo120(int length, string? code) => Assert.Equal(code, (Ordinary with { Title = new string('x', length) }).Check()?.Code);

    [Theory]
    [InlineData(0, "ServerAddress")]
    [InlineData(500, null)]
    [InlineData(501, "ServerAddress")]
    public void Check_ServerLength_IsWhatARowHolds(int length, string? code) => Assert.Equal(code, (Ordinary with { Server = new string('x', length) }).Check()?.Code);

    [Theory]
    [InlineData("sub", null)]
    [InlineData("https://example.org/claims.user-name", null)]
    [InlineData("", "UserNameClaim")]
    [InlineData("a b", "UserNameClaim")]
    [InlineData("a\n", "UserNameClaim")]
    [InlineData("<b>", "UserNameClaim")]
    public void Check_Claim_IsAName(string claim, string? code) => Assert.Equal(code, (Ordinary with { UserNameClaim = claim }).Check()?.Code);

    [Theory]
    [InlineData("system:", "UserNamePrefixReserved")]
    [InlineData("system:serviceaccount:kube-system:", "UserNamePrefixReserved")]
    [InlineData("lapse:", "UserNamePrefixReserved")]
    [InlineData("lapse:probe:", "UserNamePrefixReserved")]
    [InlineData("systematic:", null)]
    [InlineData("my-system:", null)]
    [InlineData("a\u0007", "UserNamePrefix")]
    public void Check_Prefix_NeverGivesReservedNames(string prefix, string? code) => Assert.Equal(code, (Ordinary with { UserNamePrefix = prefix }).Check()?.Code);

    [Theory]
    [InlineData("groups", "oidc:", null)]
    [InlineData("https://example.org/groups", "", null)]
    [InlineData("", "", null)]
    [InlineData("a b", "", "GroupsClaim")]
    [InlineData("groups", "a\u0007", "GroupsPrefix")]
    [InlineData("groups", "system:", "GroupsPrefixReserved")]
    [InlineData("groups", "Lapse:", "GroupsPrefixReserved")]
    public void Check_Groups_AreAClaimOrNoneAndNeverReserved(string claim, string prefix, string? code) =>
        Assert.Equal(code, (Ordinary with { GroupsClaim = claim, GroupsPrefix = prefix }).Check()?.Code);

    [Fact]
    public void FromCanonical_OfSettings_GivesThemBack()
    {
        var settings = Ordinary with { GroupsClaim = "roles", GroupsPrefix = "oidc:" };
        var canonical = Parsed(Cluster.Canonical(TheCluster, settings));

        Assert.Equal(settings, ClusterSettings.FromCanonical(canonical));
        Assert.Equal(settings, Cluster.Register(TheCluster, settings).Settings());
        Assert.Equal(CanonicalJson.ToText(Cluster.Register(TheCluster, settings).Canonical()), CanonicalJson.ToText(canonical));
    }

    [Fact]
    public void SettingsDigest_OfOtherGroups_IsAnother()
    {
        string Digest(ClusterSettings settings) => Convert.ToHexString(Cluster.Register(TheCluster, settings).SettingsDigest());

        Assert.Equal(3, new[] { Digest(Ordinary), Digest(Ordinary with { GroupsClaim = "" }), Digest(Ordinary with { GroupsPrefix = "oidc:" }) }.Distinct().Count());
    }

    [Fact]
    public void FromCanonical_OfAnEntry_GivesItBackWithItsDigest()
    {
        var entry = Entry(namespaces: ["b", "a"], confirm: true, version: 3);
        var attestation = Attestation.ByChange(UuidId.New<ConfigurationChangeId>(Now));

        var read = ElevatedRoleVersion.FromCanonical(Parsed(entry.Canonical()), attestation, Bob, Now);

        Assert.Equal(entry.Digest(), read.Digest());
        Assert.Equal((attestation, (PersonId?)Bob, Now), (read.Attestation, read.MadeBy, read.MadeAt));
    }

    [Fact]
    public void FromCanonical_OfAWorkflow_GivesItBackWithItsDigest()
    {
        var workflow = WorkflowWith(requesters: ["b", "a"], stages: [Peers with { ApproverGroups = ["z", "y"], Approvals = 2 }, Sre], version: 7);

        Assert.Equal(workflow.Digest(), WorkflowVersion.FromCanonical(Parsed(workflow.Canonical()), workflow.Attestation, null, Now).Digest());
    }

    [Theory]
    [InlineData("more")]
    [InlineData("version")]
    [InlineData("environment")]
    [InlineData("role")]
    [InlineData("id")]
    public void FromCanonical_OfWhatIsNone_Throws(string field)
    {
        var form = Parsed(Entry().Canonical());
        form[field] = "x";

        Assert.Throws<FormatException>(() => ElevatedRoleVersion.FromCanonical(form, Attestation.ByOperator([1]), null, Now));
    }

    [Theory]
    [InlineData("more")]
    [InlineData("version")]
    [InlineData("stages")]
    public void FromCanonical_OfWhatIsNoWorkflow_Throws(string field)
    {
        var form = Parsed(WorkflowOf(Peers).Canonical());
        form[field] = "x";

        Assert.Throws<FormatException>(() => WorkflowVersion.FromCanonical(form, Attestation.ByOperator([1]), null, Now));
    }

    [Fact]
    public void Check_FractionsOfASecond_AreRefused()
    {
        var odd = TimeSpan.FromMinutes(10) + TimeSpan.FromMilliseconds(500);

        Assert.Equal("MaximumRange", ElevatedRoleRules.Check(Entry(maximum: odd, usual: TimeSpan.FromMinutes(1)))?.Code);
        Assert.Equal("DefaultRange", ElevatedRoleRules.Check(Entry(usual: odd))?.Code);
        Assert.Equal("TimeToLiveRange", WorkflowWith(timeToLive: odd).Check()?.Code);
        Assert.Equal("ProvisionWithinRange", WorkflowWith(provisionWithin: odd).Check()?.Code);
    }

    // As it comes out of a change's row.
    private static JsonObject Parsed(JsonObject form) => CanonicalJson.Parse(CanonicalJson.ToText(form))!.AsObject();
}

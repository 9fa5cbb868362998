using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features.Rbac;

namespace Lapse.Portal.Tests.Pages;

public sealed class StandingLinksTests
{
    private static readonly Subject Erin = Subject.OfUser("oidc:erin");
    private static readonly SubjectRight Right = new("RoleBinding a/b", "ClusterRole edit", "a", null, true, [], [], null, false, null, false);

    [Theory]
    [InlineData("RoleBinding monitoring/erin-edit", "/rbac/sandbox/just-in-time/new?binding=RoleBinding%20monitoring%2Ferin-edit")]
    [InlineData("", null)]
    [InlineData("RoleBinding a/lapse-018f0000-0000-7000-8000-000000000001", null)]
    public void Binding_OfAFinding_LeadsThereWhereItCouldBecomeIt(string binding, string? address) =>
        Assert.Equal(address, StandingLinks.For("sandbox", RbacSamples.Row() with { Binding = binding, Subject = Erin }));

    [Fact]
    public void Binding_OfKubernetesOrWithoutARole_LeadsNowhere()
    {
        Assert.NotNull(StandingLinks.For("sandbox", Erin, Right));
        Assert.Null(StandingLinks.For("sandbox", Erin, Right with { IsKubernetes = true }));
        Assert.Null(StandingLinks.For("sandbox", Erin, Right with { RoleIsThere = false }));
    }

    public static TheoryData<string> Unable => ["account", "group system:authenticated", "user system:anonymous"];

    [Theory]
    [MemberData(nameof(Unable))]
    public void Subject_ThatCannotAsk_LeadsNowhere(string who)
    {
        var subject = who switch { "account" => Subject.OfAccount("ci", "bot"), "group system:authenticated" => Subject.OfGroup("system:authenticated"), _ => Subject.OfUser("system:anonymous") };

        Assert.Null(StandingLinks.For("sandbox", RbacSamples.Row() with { Binding = Right.Binding, Subject = subject }));
        Assert.Null(StandingLinks.For("sandbox", subject, Right));
        // Somebody else has it through them, as everybody who is signed in does.
        Assert.Null(StandingLinks.For("sandbox", Erin, Right with { Through = subject }));
    }

    [Fact]
    public void Group_WhoseMembersCanAsk_LeadsThere() => Assert.NotNull(StandingLinks.For("sandbox", Erin, Right with { Through = Subject.OfGroup("oidc:ops") }));
}

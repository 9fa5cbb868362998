using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Workflows;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>Which entry is proposed for standing bindings, and why.</summary>
public class JustInTimeProposalTests
{
    private static readonly ReviewedBinding Erin = Binding("shop", "erin", "edit", "oidc:erin");
    private static readonly KnownPerson[] People = [Person(Samples.Alice, "erin", "developers")];
    private static readonly WorkflowVersion None = Flow("By rule", "developers", []);
    private static readonly WorkflowVersion One = Flow("One peer", "developers", [Samples.Peers]);
    private static readonly WorkflowVersion Two = Flow("Two peers", "developers", [new("Peers", ["developers"], 2)]);
    private static readonly WorkflowVersion Five = Flow("Five of others", "visitors", [new("Many", ["developers"], 5)]);

    [Theory]
    [InlineData(Severity.Critical, 60, 30, "Two peers")]
    [InlineData(Severity.High, 120, 30, "Two peers")]
    [InlineData(Severity.Medium, 240, 60, "One peer")]
    [InlineData(Severity.Low, 480, 60, "By rule")]
    [InlineData(null, 480, 60, "By rule")]
    public void Risk_DecidesHowLongAndWhoApproves(Severity? severity, int maximum, int usual, string workflow)
    {
        var proposal = Of([Erin], severity, [None, One, Two, Five]);
        Assert.Equal((TimeSpan.FromMinutes(maximum), TimeSpan.FromMinutes(usual), workflow), (proposal.Maximum, proposal.Default, proposal.Workflow?.Title));
    }

    [Fact]
    public void Workflow_ThatIsStrictEnoughIsMissing_TakesTheStrictestAndSaysSo()
    {
        var proposal = Of([Erin], Severity.Critical, [None, One, Five]);
        Assert.Equal("One peer", proposal.Workflow?.Title);
        Assert.Contains(proposal.Reasons, reason => reason.Contains("there should be 2", StringComparison.Ordinal));
    }

    [Fact]
    public void Workflow_UnderWhichTheyCannotAsk_IsSaid()
    {
        var proposal = Of([Erin], Severity.Low, [Five]);
        Assert.Contains(proposal.Reasons, reason => reason.StartsWith("No workflow lets all of them ask: 1 of the 1", StringComparison.Ordinal));
        Assert.Null(Of([Erin], Severity.Low, []).Workflow);
    }

    [Fact]
    public void Place_IsThatOfTheBindings()
    {
        Assert.Equal(["shop", "web"], Of([Binding("web", "b", "edit", "oidc:erin"), Erin], null, [One]).Namespaces);
        var wide = Of([Binding(null, "b", "edit", "oidc:erin")], null, [One]);
        Assert.Equal((0, true, "edit in the whole cluster"), (wide.Namespaces.Count, wide.ConfirmAfterStepUp, wide.Title));
        var local = Of([Binding("shop", "b", "role/deployer", "oidc:erin")], null, [One]);
        Assert.Equal(new RoleReference(RoleKind.Role, "deployer"), local.Role);
    }

    [Fact]
    public void Activity_WhileThereIsNone_IsSaidToBeMissing() => Assert.Contains(Of([Erin], null, [One]).Reasons, reason => reason.StartsWith("No activity of this cluster is read yet", StringComparison.Ordinal));

    [Fact]
    public void Entry_ThatOffersItAlready_IsUsed()
    {
        var fits = Entry("fits", ["shop", "web"]);
        var proposal = Of([Erin], Severity.High, [One, Two], [Entry("elsewhere", ["web"]), Entry("wide", []), Entry("other role", ["shop"], "view"), fits]);
        Assert.Equal(("fits", "One peer"), (proposal.Existing?.Title, proposal.Workflow?.Title));
        Assert.Null(Of([Erin], Severity.High, [One], [Entry("elsewhere", ["web"]), Entry("wide", []), Entry("other role", ["shop"], "view")]).Existing);
        Assert.Null(Of([Binding(null, "b", "edit", "oidc:erin")], Severity.High, [One], [fits]).Existing);
    }

    [Fact]
    public void Proposal_IsAlwaysAnEntryThatCanBeSaved()
    {
        foreach (var binding in new[] { Erin, Binding(null, new string('n', 253), new string('r', 253), "oidc:erin") })
        {
            var proposal = Of([binding], Severity.Critical, [One]);
            var entry = new ElevatedRoleVersion
            {
                ElevatedRoleId = UuidId.New<ElevatedRoleId>(Samples.Now),
                Version = 1,
                Title = proposal.Title,
                Description = proposal.Description,
                ClusterId = Samples.TheCluster,
                Environment = proposal.Environment,
                RoleKind = proposal.Role.Kind,
                RoleName = proposal.Role.Name,
                Namespaces = [.. proposal.Namespaces],
                Maximum = proposal.Maximum,
                Default = proposal.Default,
                WorkflowId = Samples.TheWorkflow,
                ConfirmAfterStepUp = proposal.ConfirmAfterStepUp,
                Attestation = new(null, null),
                MadeAt = Samples.Now,
            };
            Assert.Null(ElevatedRoleRules.Check(entry));
        }
    }

    private static ElevatedRoleVersion Entry(string title, string[] places, string role = "edit") => Samples.Entry(title: title, namespaces: places, role: role, workflow: One.WorkflowId, id: UuidId.New<ElevatedRoleId>(Samples.Now));

    private static WorkflowVersion Flow(string title, string requesters, ApprovalStage[] stages) => Samples.WorkflowWith(title: title, requesters: [requesters], stages: stages, id: UuidId.New<WorkflowId>(Samples.Now));

    private static JustInTimeProposal Of(ReviewedBinding[] bindings, Severity? severity, WorkflowVersion[] workflows, ElevatedRoleVersion[]? entries = null) =>
        JustInTimeProposal.Of(bindings, ClusterEnvironment.Production, severity, People, workflows, entries ?? []);
}

using Bunit;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac.State;
using Lapse.Portal.Features;
using Lapse.Portal.Features.People;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class PersonStandingTests : AdminTestContext<PersonStandingAsk, PersonStandingView>
{
    private static readonly PersonId Erin = UuidId.New<PersonId>(Start);

    [Fact]
    public void Standing_NamedByAUserAndAGroup_LeadsToThePageOfEach()
    {
        Query.Answer(new PersonStandingView([One(new StandingName(Subject.OfUser("oidc:erin"), 1), new StandingName(Subject.OfGroup("oidc:ops"), 2))]));
        var shown = Open();

        Assert.Equal(Erin, Assert.Single(Query.Asked).Person);
        Assert.Equal(
            ["/rbac/sandbox/subjects/user?name=oidc%3Aerin", "/rbac/sandbox/subjects/group?name=oidc%3Aops"],
            shown.FindAll("a").Select(link => link.GetAttribute("href")));
        Assert.Equal(["User oidc:erin, in 1 binding", "Group oidc:ops, in 2 bindings"], shown.FindAll(".plain-list li").Select(line => line.TextContent));
        Assert.Contains("Production", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Standing_NamedNowhere_SaysWhere()
    {
        Query.Answer(new PersonStandingView([One(), One() with { Cluster = "other", Title = "Other" }]));
        var shown = Open();

        Assert.Contains("in Sandbox, Other.", shown.Markup, StringComparison.Ordinal);
        Assert.Empty(shown.FindAll("a"));
    }

    [Fact]
    public void Standing_WhatIsNotKnown_IsNotCalledNothing()
    {
        Query.Answer(new PersonStandingView([One() with { Unknown = ["it has not been read yet"] }]));
        var shown = Open();

        Assert.Contains("Not all is known in Sandbox: it has not been read yet.", shown.Markup, StringComparison.Ordinal);
        Assert.DoesNotContain("No standing binding", shown.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Standing_ForWhoeverMayNotSeeTheAudit_ShowsNothing()
    {
        Query.Answer(_ => new Refusal("NotAnAdmin", "This page is for admins.", "/"));
        var shown = Open();

        Assert.Equal("NotAnAdmin", shown.Find("[role=alert]").GetAttribute("data-code"));
        Assert.DoesNotContain("rbac", shown.Markup, StringComparison.Ordinal);
    }

    private static ClusterStanding One(params StandingName[] named) => new("sandbox", "Sandbox", ClusterEnvironment.Production, named, []);

    private IRenderedComponent<PersonStanding> Open() => Render<PersonStanding>(p => p.Add(c => c.Person, Erin));
}

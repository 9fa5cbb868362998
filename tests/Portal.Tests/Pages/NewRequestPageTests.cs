using Bunit;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Portal.Features.Requests;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class NewRequestPageTests : PageTestContext<NewRequestAsk, NewRequestView>
{
    [Fact]
    public void Page_WhileItReads_KeepsTheRoom() => Assert.NotNull(Render<NewRequestPage>().Find("[aria-busy=true]"));

    [Fact]
    public void Page_ForAnUnknownRole_LeadsBackToTheCatalogue()
    {
        Query.Answer(_ => new Refusal("RoleUnknown", "There is no such role in your catalogue.", "/catalogue"));
        var page = Render<NewRequestPage>();

        Assert.Equal("/catalogue", page.Find("[role=alert] a").GetAttribute("href"));
        Assert.NotNull(page.Find("h1"));
    }

    [Fact]
    public void Page_Failure_HasANumber()
    {
        Query.Fail();

        Assert.Matches("^[0-9a-f]{32}$", Render<NewRequestPage>().Find("[role=alert] code").TextContent);
    }

    [Fact]
    public void Page_RoleInTheAddress_IsAskedFor()
    {
        Query.Answer(Samples.NewRequest());
        Services.GetRequiredService<NavigationManager>().NavigateTo("/requests/new?role=payments-prod-edit");

        Render<NewRequestPage>();

        Assert.Equal("payments-prod-edit", Assert.Single(Query.Asked).Role);
    }

    [Fact]
    public void Form_Filled_HasItsNamesItsPreviewAndItsConsequence()
    {
        Query.Answer(Samples.NewRequest(stages: [Samples.Stage(2, "Bob", "Carol")]));
        var page = Render<NewRequestPage>();

        foreach (var name in (string[])["Reason", "Ticket", "Duration"])
            Assert.Contains(page.FindAll("label"), label => label.TextContent.StartsWith(name, StringComparison.Ordinal) && page.Find($"#{label.GetAttribute("for")}") is not null);
        Assert.Contains("Asks Bob and Carol: 2 approvals needed.", page.Find(".asked").TextContent, StringComparison.Ordinal);
        var submit = page.Find("button.btn-primary");
        Assert.Equal("Submit request", submit.TextContent.Trim());
        Assert.Contains("You will confirm with your second factor.", page.Find($"#{submit.GetAttribute("aria-describedby")}").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("input[type=checkbox]"));
    }

    [Fact]
    public void Form_WithoutApproval_SaysThatNobodyIsAsked()
    {
        Query.Answer(Samples.NewRequest(stages: []));

        Assert.Contains("Nobody has to approve this", Render<NewRequestPage>().Find(".asked").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Form_ThatCannotSucceed_IsNotShown()
    {
        Query.Answer(Samples.NewRequest(hindrance: new("ChangedItRecently", "You changed this entry.")));
        var page = Render<NewRequestPage>();

        Assert.Empty(page.FindAll("form"));
        Assert.Contains("You changed this entry.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_WhenTheDatabaseIsDown_LosesNothingTyped()
    {
        Query.Answer(Samples.NewRequest());
        var page = Render<NewRequestPage>();
        page.Find("textarea").Input("rollback of 4711");

        page.Find("button.btn-primary").Click();

        Assert.Contains("Nothing was lost.", page.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Equal("rollback of 4711", page.Find("textarea").GetAttribute("value"));
    }

    [Theory]
    [InlineData("ReasonMissing", "textarea")]
    [InlineData("TicketTooLong", "input[maxlength='200']")]
    [InlineData("DurationTooLong", ".duration input")]
    public void Refusal_OfAField_IsSaidAtThatField(string code, string field)
    {
        var form = Render<RequestForm>(p => p.Add(f => f.Entry, Samples.NewRequest()).Add(f => f.OnSubmit, _ => Task.FromResult<Refusal?>(new(code, "What would be right."))));

        form.Find("button.btn-primary").Click();

        Assert.Equal("true", form.Find(field).GetAttribute("aria-invalid"));
        Assert.Equal("What would be right.", form.Find(".error").TextContent.Trim());
        Assert.Empty(form.FindAll("[role=alert]"));
    }

    [Fact]
    public void Refusal_OfNoField_IsSaidBesideTheButtonWithItsLink()
    {
        var form = Render<RequestForm>(p => p.Add(f => f.Entry, Samples.NewRequest())
            .Add(f => f.OnSubmit, _ => Task.FromResult<Refusal?>(new("IdenticalOpen", "You have asked for exactly this already.", "/requests/1"))));

        form.Find("button.btn-primary").Click();

        Assert.Equal("/requests/1", form.Find("[role=alert] a").GetAttribute("href"));
    }

    [Fact]
    public void Submit_WhatWasTyped_IsWhatIsAsked()
    {
        AccessRequestContent? asked = null;
        var form = Render<RequestForm>(p => p.Add(f => f.Entry, Samples.NewRequest(["payments-prod", "web-prod"]))
            .Add(f => f.OnSubmit, content => { asked = content; return Task.FromResult<Refusal?>(null); }));
        form.Find("textarea").Input("why");
        form.Find("input[maxlength='200']").Input("OPS-7");
        form.Find(".duration input").Input("45m");
        form.FindAll("input[type=checkbox]")[0].Change(false);
        form.FindAll("input[type=radio]")[1].Change(true);
        form.Find("#start-at").Input("2026-11-25T09:30");

        form.Find("button.btn-primary").Click();

        // Half past nine in Berlin is half past eight in UTC.
        Assert.Equal(new DateTimeOffset(2026, 11, 25, 8, 30, 0, TimeSpan.Zero), asked!.WantedStart);
        Assert.Equal(("why", "OPS-7", TimeSpan.FromMinutes(45)), (asked.Reason, asked.Ticket, asked.Duration));
        Assert.Equal(["web-prod"], asked.Namespaces!);
    }

    [Theory]
    [InlineData("soon", "DurationUnclear")]
    [InlineData("2h", "DurationUnclear")]
    public void Submit_DurationThatIsNone_IsNotSent(string typed, string why)
    {
        var sent = false;
        var form = Render<RequestForm>(p => p.Add(f => f.Entry, Samples.NewRequest()).Add(f => f.OnSubmit, _ => { sent = true; return Task.FromResult<Refusal?>(null); }));
        form.Find(".duration input").Input(typed);

        form.Find("button.btn-primary").Click();

        Assert.False(sent, why);
        Assert.NotEmpty(form.FindAll(".duration + .error"));
    }

    [Fact]
    public void Extension_InTheAddress_IsAskedForAndSaysWhatHappens()
    {
        var extension = Samples.Extension();
        Query.Answer(Samples.NewRequest(["payments-prod", "web-prod"], extension: extension));
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/requests/new?extend={extension.Id}");

        var page = Render<NewRequestPage>();

        Assert.Equal(extension.Id.ToString(), Assert.Single(Query.Asked).Extend);
        Assert.Contains("You extend your access to edit in payments-prod, which has 20:00 left. The new time counts from the moment when the extension is approved and usable; the present access ends then.",
            page.Find(".entry-note").TextContent, StringComparison.Ordinal);
        Assert.Equal($"/requests/{extension.Id}", page.Find(".page-above a, header a").GetAttribute("href"));
        // Place and start are those of the access that goes on.
        Assert.Empty(page.FindAll("input[type=checkbox], input[type=radio]"));
        Assert.Equal("Submit request", page.Find("button.btn-primary").TextContent.Trim());
    }

    [Theory]
    [InlineData(45, 45)]
    [InlineData(90, 60)]
    public void Extension_Form_StartsWithTicketAndDurationWithinTheMaximum(int before, int offered)
    {
        AccessRequestContent? asked = null;
        var form = Render<RequestForm>(p => p.Add(f => f.Entry, Samples.NewRequest(["payments-prod", "web-prod"], extension: Samples.Extension(TimeSpan.FromMinutes(before))))
            .Add(f => f.OnSubmit, content => { asked = content; return Task.FromResult<Refusal?>(null); }));
        form.Find("textarea").Input("Not done yet");

        form.Find("button.btn-primary").Click();

        Assert.Equal(("Not done yet", "OPS-9", TimeSpan.FromMinutes(offered), null), (asked!.Reason, asked.Ticket, asked.Duration, asked.WantedStart));
    }

    [Fact]
    public void Extension_ThatCannotSucceed_SaysWhyAndLeadsOn()
    {
        Query.Answer(Samples.NewRequest(extension: Samples.Extension(), hindrance: new("ExtensionOpen", "You have asked to extend this already.", "/requests/1")));
        var page = Render<NewRequestPage>();

        Assert.Empty(page.FindAll("form"));
        Assert.Equal("/requests/1", page.Find("[role=alert] a").GetAttribute("href"));
    }
}

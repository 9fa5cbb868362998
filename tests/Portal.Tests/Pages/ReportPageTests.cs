using Bunit;
using Lapse.Portal.Features.Rbac;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Pages;

public sealed class ReportPageTests : PageTestContext<RbacFindingsAsk, RbacFindingsView>
{
    [Fact]
    public void Report_WritesEveryPartOut()
    {
        Query.Answer(ask => RbacSamples.Findings(RbacSamples.Row(ask.After is null ? 'a' : 'b')) with
        {
            Found = new(2, 0, 0, 0, 0),
            Next = ask.After is null ? new(Lapse.Domain.Rbac.Findings.Severity.Critical, "LR001", new string('a', 32)) : null,
            Head = RbacSamples.Head() with { NotEvaluated = [new("LR036", "No activity.")] },
        });
        Services.GetRequiredService<NavigationManager>().NavigateTo("/rbac/sandbox/report?severity=critical");
        var page = Render<ReportPage>(parameters => parameters.Add(one => one.Cluster, "sandbox"));

        Assert.Equal(2, page.FindAll(".report-finding").Count);
        Assert.Contains("LR036", page.Find(".report").TextContent, StringComparison.Ordinal);
        Assert.Contains("only severity=critical", page.Find(".lead").TextContent, StringComparison.Ordinal);
        Assert.NotNull(page.Find("[data-prints]"));
    }
}

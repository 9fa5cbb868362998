using System.Reflection;
using Bunit;
using Lapse.Portal.Components;
using Lapse.Portal.Components.Layout;
using Lapse.Portal.Components.Pages;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace Lapse.Portal.Tests.Layout;

public sealed class RoutesTests : PortalTestContext
{
    private static readonly Type[] PublicPages = [typeof(SignedOutPage), typeof(DeniedPage), typeof(ErrorPage), typeof(TooManyPage)];

    public static TheoryData<Type> Pages => [.. typeof(Routes).Assembly.GetTypes().Where(type => type.IsDefined(typeof(RouteAttribute)))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_NotListedAsPublic_WantsASignedInPerson(Type page)
    {
        Assert.True(page.IsDefined(typeof(AuthorizeAttribute), inherit: true));
        Assert.Equal(PublicPages.Contains(page), page.IsDefined(typeof(AllowAnonymousAttribute), inherit: true));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_InTheStaticLayout_HasNoCircuit(Type page) => Assert.Equal(
        page.GetCustomAttribute<LayoutAttribute>()?.LayoutType == typeof(StaticLayout),
        page.IsDefined(typeof(ExcludeFromInteractiveRoutingAttribute)));

    [Fact]
    public void Redirect_NotSignedIn_LoadsTheSignInAndComesBack()
    {
        var navigation = Services.GetRequiredService<NavigationManager>();
        navigation.NavigateTo("/requests?state=waiting");

        Render<RedirectToSignIn>();

        Assert.Equal("http://localhost/sign-in?returnUrl=%2Frequests%3Fstate%3Dwaiting", navigation.Uri);
    }

    [Theory]
    [InlineData("groups", "which groups you are in")]
    [InlineData("disabled", "is disabled")]
    [InlineData("<script>alert(1)</script>", "Your groups do not open this page.")]
    [InlineData(null, "Your groups do not open this page.")]
    public void Denied_Reason_ChoosesAmongSentencesAndNeverBringsItsOwn(string? why, string words)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/denied?why={Uri.EscapeDataString(why ?? "")}");

        var page = Render<DeniedPage>();

        Assert.Contains(words, page.Find("p").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("script", page.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123456789abcdef0123456789abcdef", true)]
    [InlineData("0123456789ABCDEF0123456789ABCDEF", false)]
    [InlineData("call +1 555 0100 and say your password", false)]
    [InlineData("", false)]
    public void Denied_Number_IsShownOnlyIfItIsOne(string number, bool shown)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"/denied?why=provider&number={Uri.EscapeDataString(number)}");

        var page = Render<DeniedPage>();

        Assert.Equal(shown ? [number] : [], page.FindAll("code.correlation").Select(code => code.TextContent));
        if (!shown && number.Length > 0) Assert.DoesNotContain(number, page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void NotFound_SaysWhereToLook() =>
        Assert.Equal("/requests", Render<NotFoundPage>().Find("a").GetAttribute("href"));
}

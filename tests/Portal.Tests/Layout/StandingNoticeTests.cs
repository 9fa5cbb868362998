using Bunit;
using Lapse.Infrastructure.Notifications;
using Lapse.Infrastructure.Persistence;
using Lapse.Portal.Components.Layout;
using Lapse.Portal.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Lapse.Portal.Tests.Layout;

/// <summary>What stands above every page while something passes by itself.</summary>
public sealed class StandingNoticeTests : PortalTestContext
{
    public StandingNoticeTests()
    {
        // Nobody listens there.
        Services.AddSingleton(_ => NpgsqlDataSource.Create("Host=127.0.0.1;Port=1"));
        Services.AddSingleton<ChangeFeed>();
        Services.AddSingleton<DatabaseProbe>();
        Services.AddSingleton<DatabaseWatch>();
        Services.AddSingleton<Leaving>();
    }

    [Fact]
    public void Notice_AllIsWell_IsNothing() => Assert.Equal("", Render<StandingNotice>().Markup.Trim());

    [Fact]
    public async Task Notice_DatabaseGoes_SaysWhatThatMeans()
    {
        var notice = Render<StandingNotice>();

        await Services.GetRequiredService<DatabaseWatch>().LookAsync(Xunit.TestContext.Current.CancellationToken);

        var alert = notice.WaitForElement("[role=alert]");
        Assert.Contains("Lapse's database does not answer.", alert.TextContent, StringComparison.Ordinal);
        Assert.Contains("what you typed stays", alert.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Notice_ReplicaIsToldToStop_SaysThatThePageComesBack()
    {
        var notice = Render<StandingNotice>();

        Services.GetRequiredService<Leaving>().Begin();

        Assert.Equal("Lapse is restarting; your page comes back by itself.", notice.WaitForElement("[role=status]").TextContent.Trim());
    }

    [Fact]
    public void Notice_OfAPageThatIsLeft_HearsNothingMore()
    {
        var notice = Render<StandingNotice>();
        notice.Instance.Dispose();

        Services.GetRequiredService<Leaving>().Begin();

        Assert.Equal("", notice.Markup.Trim());
    }

    [Theory]
    [InlineData(DatabaseCondition.Away, "does not answer")]
    [InlineData(DatabaseCondition.ReadOnly, "takes nothing new")]
    [InlineData(DatabaseCondition.Full, "has no room left")]
    public void Words_OfEachCondition_SayWhatIsWrong(DatabaseCondition condition, string words) => Assert.Contains(words, DatabaseWords.Title(condition), StringComparison.Ordinal);
}

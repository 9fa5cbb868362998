using System.Net;
using Lapse.EndToEnd.Tests.Fixtures;
using Xunit;

namespace Lapse.EndToEnd.Tests;

/// <summary>Metrics are at their own address and nowhere else, and nothing else is there.</summary>
[Collection("browser")]
public sealed class MetricsTests(LapseFixture lapse)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_AtTheirAddress_SayHowThingsStand()
    {
        using var http = new HttpClient();

        // They are read every ten seconds, and the cluster has to have been looked at before that.
        var text = "";
        for (var deadline = DateTimeOffset.UtcNow.AddSeconds(60); !text.Contains("lapse_clusters{", StringComparison.Ordinal) && DateTimeOffset.UtcNow < deadline; await Task.Delay(500, Cancellation))
            text = await http.GetStringAsync(lapse.Metrics, Cancellation);

        Assert.Contains("lapse_database_reachable", text, StringComparison.Ordinal);
        Assert.Contains("lapse_grants_overdue{", text, StringComparison.Ordinal);
        Assert.Contains("lapse_ledger_sequence", text, StringComparison.Ordinal);
        Assert.Contains("lapse_clusters{", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/sign-in")]
    [InlineData("/health/ready")]
    [InlineData("/app.css")]
    public async Task MetricsAddress_AnythingElse_IsNotThere(string path)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });

        using var answer = await http.GetAsync(new Uri(lapse.Metrics, path), Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task PortalAddress_HasNoMetrics()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });

        using var answer = await http.GetAsync(new Uri(lapse.Portal.Address, "/metrics"), Cancellation);

        Assert.DoesNotContain("lapse_", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }
}

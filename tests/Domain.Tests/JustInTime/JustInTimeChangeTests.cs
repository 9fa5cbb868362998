using System.Text.Json.Nodes;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Text;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>The content of a change, which its step-ups commit to.</summary>
public class JustInTimeChangeTests
{
    private static JustInTimeChange Change(bool makes = true) =>
        new(Samples.TheCluster, Samples.Entry(namespaces: ["shop"]), makes, [Binding("shop", "a", "edit", "oidc:erin"), Binding("shop", "b", "edit", "group ops")], ["oidc:erin"]);

    [Fact]
    public void Canonical_ReadAgain_IsTheSame()
    {
        var text = CanonicalJson.ToText(Change().Canonical());
        Assert.Equal(text, CanonicalJson.ToText(JustInTimeChange.FromCanonical(text).Canonical()));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"type":"elevated-role"}""")]
    public void Content_OfSomethingElse_IsNone(string text) => Assert.Throws<FormatException>(() => JustInTimeChange.FromCanonical(text));

    [Fact]
    public void Content_WithAnythingMore_IsNone()
    {
        var json = CanonicalJson.Parse(CanonicalJson.ToText(Change().Canonical()))!.AsObject();
        json["bindings"]![0]!["manifest"]!["more"] = 1;
        Assert.Throws<FormatException>(() => JustInTimeChange.FromCanonical(CanonicalJson.ToText(json)));
    }

    [Fact]
    public void MadeEntry_IsTheEntryOnlyWhereTheChangeMakesIt()
    {
        Assert.True(JsonNode.DeepEquals(Samples.Entry(namespaces: ["shop"]).Canonical(), JustInTimeChange.MadeEntry(CanonicalJson.ToText(Change().Canonical()))));
        Assert.Null(JustInTimeChange.MadeEntry(CanonicalJson.ToText(Change(makes: false).Canonical())));
        Assert.Null(JustInTimeChange.MadeEntry(CanonicalJson.ToText(Samples.Entry().Canonical())));
    }
}

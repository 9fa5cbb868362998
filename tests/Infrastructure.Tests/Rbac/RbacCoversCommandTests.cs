using System.Text.Json.Nodes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Rbac;

/// <summary><c>lapse rbac covers</c>: whether one set of rules gives no more than another.</summary>
public sealed class RbacCoversCommandTests : RbacCommandTest
{
    [Theory]
    [InlineData("""[{"verbs":["*"],"apiGroups":[""],"resources":["pods"]}]""", """[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]""", 0, "[]")]
    [InlineData("""[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]""", """[{"verbs":["get","list"],"apiGroups":[""],"resources":["pods"]}]""", 1, """[{"verbs":["list"],"apiGroups":[""],"resources":["pods"]}]""")]
    [InlineData("[]", """[{"verbs":["get"],"nonResourceURLs":["/x"]}]""", 1, """[{"verbs":["get"],"nonResourceURLs":["/x"]}]""")]
    public async Task Covers_AnswersWithTheSinglePermissionsThatAreNotCovered(string owner, string servant, int expected, string uncovered)
    {
        var (code, said, _) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", Folder.Write("o.json", owner), "--servant", Folder.Write("s.json", servant), "--output", "json"], NoSettings, Cancellation);

        Assert.Equal(expected, code);
        var json = JsonNode.Parse(said)!;
        Assert.Equal((expected == 0, uncovered), (json["covers"]!.GetValue<bool>(), json["uncovered"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[5]")]
    [InlineData("[{\"verb\": [\"get\"]}]")]
    [InlineData("[{\"verbs\": \"get\"}]")]
    [InlineData("[] []")]
    [InlineData("[{")]
    public async Task Covers_NoArrayOfRules_EndsWithTwo(string servant)
    {
        var (code, said, errors) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", Folder.Write("o.json", "[]"), "--servant", Folder.Write("s.json", servant), "--output", "json"], NoSettings, Cancellation);

        Assert.Equal((2, ""), (code, said));
        Assert.Contains("s.json, line ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Covers_MoreThanAnybodyHas_IsRefusedInsteadOfCounted()
    {
        var many = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"v{i}\""));

        var (code, _, errors) = await LapseVerb.RunAsync(["rbac", "covers", "--owner", Folder.Write("o.json", "[]"), "--servant", Folder.Write("s.json", $$"""[{"verbs":[{{many}}],"apiGroups":[{{many}}],"resources":[{{many}}]}]""")], NoSettings, Cancellation);

        Assert.Equal(2, code);
        Assert.Contains("single permissions", errors, StringComparison.Ordinal);
    }
}

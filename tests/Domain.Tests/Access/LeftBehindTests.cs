using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public class LeftBehindTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly LeftBehind Left = new(
        Now, Now.AddMinutes(5), 2, [new("RoleBinding", "web", "kept", "uid-1", Now), new("ClusterRoleBinding", null, "all", "uid-2", Now.AddMinutes(1))], [new("Secrets with tokens", "not asked for")]);

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var read = LeftBehind.Read(JsonNode.Parse(Left.ToJson().ToJsonString()))!;

        Assert.Equal((Left.Since, Left.Until, Left.Count), (read.Since, read.Until, read.Count));
        Assert.Equal(Left.Objects, read.Objects);
        Assert.Equal(Left.NotLooked, read.NotLooked);
        Assert.Equal(["RoleBinding web/kept", "ClusterRoleBinding all"], read.Objects.Select(one => one.ToString()));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"since\":\"yesterday\",\"until\":\"today\",\"count\":0,\"objects\":[],\"notLooked\":[]}")]
    public void Read_SomethingElse_IsNull(string json) => Assert.Null(LeftBehind.Read(JsonNode.Parse(json)));
}

using Lapse.Domain.Catalogue;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Catalogue;

public class ElevatedRoleRulesTests
{
    [Fact]
    public void Check_Ordinary_Passes()
    {
        Assert.Null(ElevatedRoleRules.Check(Entry()));
        Assert.Null(ElevatedRoleRules.Check(Entry(namespaces: [])));
    }

    [Theory]
    [InlineData(0, "TitleLength")]
    [InlineData(1, null)]
    [InlineData(120, null)]
    [InlineData(121, "TitleLength")]
    [InlineData(10_000, "TitleLength")]
    public void Check_TitleLength_IsOneTo120(int length, string? code) => Assert.Equal(code, ElevatedRoleRules.Check(Entry(title: new string('x', length)))?.Code);

    [Fact]
    public void Check_Texts_AreWholeCharactersWithoutControlCodes()
    {
        Assert.Equal("TitleLength", Code(Entry(title: "   ")));
        Assert.Equal("TitleCharacters", Code(Entry(title: "two\nlines")));
        Assert.Equal("TitleCharacters", Code(Entry(title: "\ud800")));
        Assert.Equal("DescriptionCharacters", Code(Entry(description: "\0")));
        Assert.Equal("DescriptionCharacters", Code(Entry(description: "\udfff")));
        Assert.Null(Code(Entry(title: "<b>edit</b>", description: "two\nlines <script>")));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(2_000, null)]
    [InlineData(2_001, "DescriptionLength")]
    public void Check_DescriptionLength_IsAtMost2000(int length, string? code) => Assert.Equal(code, Code(Entry(description: new string('x', length))));

    [Theory]
    [InlineData("edit", null)]
    [InlineData("system:node", null)]
    [InlineData("My.Role_1", null)]
    [InlineData("...", null)]
    [InlineData("", "RoleName")]
    [InlineData(".", "RoleName")]
    [InlineData("..", "RoleName")]
    [InlineData("a/b", "RoleName")]
    [InlineData("a%2f", "RoleName")]
    [InlineData("a b", "RoleName")]
    [InlineData("edit\n", "RoleName")]
    public void Check_RoleName_IsAPathSegment(string name, string? code) => Assert.Equal(code, Code(Entry(role: name)));

    [Theory]
    [InlineData(253, null)]
    [InlineData(254, "RoleName")]
    public void Check_RoleNameLength_IsAtMost253(int length, string? code) => Assert.Equal(code, Code(Entry(role: new string('x', length))));

    [Theory]
    [InlineData(0, "RoleNeedsNamespace")]
    [InlineData(1, null)]
    [InlineData(2, "RoleOneNamespace")]
    [InlineData(51, "RoleOneNamespace")]
    public void Check_Role_NamesExactlyOneNamespace(int namespaces, string? code) => Assert.Equal(code, Code(Entry(kind: RoleKind.Role, namespaces: Names(namespaces))));

    [Theory]
    [InlineData(0, null)]
    [InlineData(50, null)]
    [InlineData(51, "TooManyNamespaces")]
    public void Check_ClusterRole_NamesAtMostFiftyNamespaces(int namespaces, string? code) => Assert.Equal(code, Code(Entry(namespaces: Names(namespaces))));

    [Theory]
    [InlineData("a", null)]
    [InlineData("a-1", null)]
    [InlineData("1a", null)]
    [InlineData("-a", "NamespaceName")]
    [InlineData("a-", "NamespaceName")]
    [InlineData("A", "NamespaceName")]
    [InlineData("a.b", "NamespaceName")]
    [InlineData("a\n", "NamespaceName")]
    [InlineData("", "NamespaceName")]
    public void Check_NamespaceName_IsADnsLabel(string name, string? code) => Assert.Equal(code, Code(Entry(namespaces: [name])));

    [Fact]
    public void Check_NamespaceNameLengthAndRepetition_AreRefused()
    {
        Assert.Null(Code(Entry(namespaces: [new string('x', 63)])));
        Assert.Equal("NamespaceName", Code(Entry(namespaces: [new string('x', 64)])));
        Assert.Equal("NamespaceTwice", Code(Entry(namespaces: ["dev", "dev"])));
    }

    [Theory]
    [InlineData(59, 59, "MaximumRange")]
    [InlineData(60, 60, null)]
    [InlineData(86_400, 60, null)]
    [InlineData(86_401, 60, "MaximumRange")]
    [InlineData(3600, 59, "DefaultRange")]
    [InlineData(3600, 3600, null)]
    [InlineData(3600, 3601, "DefaultRange")]
    public void Check_Durations_AreInRange(int maximum, int usual, string? code) =>
        Assert.Equal(code, Code(Entry(maximum: TimeSpan.FromSeconds(maximum), usual: TimeSpan.FromSeconds(usual))));

    private static string? Code(ElevatedRoleVersion version) => ElevatedRoleRules.Check(version)?.Code;

    private static string[] Names(int count) => [.. Enumerable.Range(1, count).Select(n => $"ns-{n}")];
}

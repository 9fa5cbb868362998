using System.Security.Claims;
using Lapse.Domain.Access;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public sealed class ClusterUserNameTests
{
    [Theory]
    [InlineData("oidc:", "oidc:alice")]
    [InlineData("", "alice")]
    [InlineData("-", "alice")]
    public void From_PrefixAndClaim_AreJoinedAsTheApiServerDoes(string prefix, string expected) =>
        Assert.Equal(expected, ClusterUserName.From("preferred_username", prefix, [new("preferred_username", "alice")]).Value);

    [Theory]
    [InlineData("", "system:admin", "UserNameReserved")]
    [InlineData("system:", "masters", "UserNameReserved")]
    [InlineData("sys", "tem:node:a", "UserNameReserved")]
    [InlineData("", "System:admin", "UserNameReserved")]
    [InlineData("", "lapse:probe:9f2c", "UserNameReserved")]
    [InlineData("lapse:", "alice", "UserNameReserved")]
    [InlineData("oidc:", "", "NoUserName")]
    [InlineData("oidc:", "ali\nce", "UserNameCharacters")]
    [InlineData("oidc:", "ali\u0000ce", "UserNameCharacters")]
    [InlineData("oidc:", "ali\u202ece", "UserNameCharacters")]
    [InlineData("oidc:", "ali\u200bce", "UserNameCharacters")]
    [InlineData("", " alice", "UserNameSpace")]
    [InlineData("oidc:", "alice ", "UserNameSpace")]
    public void From_NameThatMustNotBe_IsRefused(string prefix, string value, string code) =>
        Assert.Equal(code, ClusterUserName.From("sub", prefix, [new("sub", value)]).Refusal?.Code);

    [Fact]
    public void From_LoneSurrogate_IsRefused() =>
        Assert.Equal("UserNameCharacters", ClusterUserName.From("sub", "oidc:", [new("sub", "a\ud800b")]).Refusal?.Code);

    [Fact]
    public void From_TooLong_IsRefused()
    {
        Assert.True(ClusterUserName.From("sub", "oidc:", [new("sub", new string('a', 248))]).Succeeded);
        Assert.Equal("UserNameLength", ClusterUserName.From("sub", "oidc:", [new("sub", new string('a', 249))]).Refusal?.Code);
    }

    [Fact]
    public void From_ClaimAbsent_IsRefused() => Assert.Equal("NoUserName", ClusterUserName.From("upn", "", [new("sub", "alice")]).Refusal?.Code);

    [Fact]
    public void From_ClaimTwice_IsRefused() =>
        Assert.Equal("ManyUserNames", ClusterUserName.From("upn", "", [new("upn", "alice"), new("upn", "root")]).Refusal?.Code);

    [Fact]
    public void From_VerifiedEmail_IsTaken() =>
        Assert.Equal("alice@example.org", ClusterUserName.From("email", "", [new("email", "alice@example.org"), new("email_verified", "true", ClaimValueTypes.Boolean)]).Value);

    [Theory]
    [InlineData("false")]
    [InlineData("")]
    [InlineData("1")]
    [InlineData(null)]
    public void From_EmailThatIsNotVerified_IsRefused(string? verified)
    {
        List<Claim> claims = [new("email", "alice@example.org")];
        if (verified is not null) claims.Add(new("email_verified", verified));
        Assert.Equal("EmailNotVerified", ClusterUserName.From("email", "", claims).Refusal?.Code);
    }

    [Fact]
    public void From_EmailVerifiedAndNot_IsRefused() =>
        Assert.Equal("EmailNotVerified", ClusterUserName.From("email", "", [new("email", "a@example.org"), new("email_verified", "true"), new("email_verified", "false")]).Refusal?.Code);
}

using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public class RequesterTests
{
    [Fact]
    public void Of_User_HasSystemAuthenticatedOnce()
    {
        Assert.Equal(["dev", "system:authenticated"], Requester.Of("alice", ["dev"]).Groups);
        Assert.Equal(["system:authenticated"], Requester.Of("alice", ["system:authenticated"]).Groups);
        Assert.Equal(["system:unauthenticated"], Requester.Of("alice", ["system:unauthenticated"]).Groups);
    }

    [Fact]
    public void Of_ServiceAccount_HasTheGroupsOfAllAndOfItsNamespace() =>
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:ci", "system:authenticated"], Requester.Of("system:serviceaccount:ci:deployer").Groups);

    [Fact]
    public void Of_Anonymous_IsNotAuthenticated() => Assert.Equal(["system:unauthenticated"], Requester.Of("system:anonymous").Groups);

    [Fact]
    public void Of_Group_HasThatGroupAlone()
    {
        var who = Requester.Of(Subject.OfGroup("dev"));

        Assert.Equal("", who.Name);
        Assert.Equal(["dev"], who.Groups);
    }

    [Fact]
    public void Exactly_ServiceAccount_GetsNoGroupByItself() => Assert.Empty(Requester.Exactly("system:serviceaccount:ci:deployer", []).Groups);

    // Source of the names: k8s.io/apiserver, authentication/serviceaccount/util_test.go.
    [Theory]
    [InlineData("system:serviceaccount:ns:name", true)]
    [InlineData("system:serviceaccount:ns:na.me", true)]
    [InlineData("system:serviceaccount:n.s:name", false)]
    [InlineData("system:serviceaccount:NS:name", false)]
    [InlineData("system:serviceaccount:ns:Name", false)]
    [InlineData("system:serviceaccount:ns", false)]
    [InlineData("system:serviceaccount:ns:", false)]
    [InlineData("system:serviceaccount::name", false)]
    [InlineData("system:serviceaccount:ns:name:x", false)]
    [InlineData("system:serviceaccount:ns:-name", false)]
    [InlineData("system:serviceaccounts:ns:name", false)]
    [InlineData("bob", false)]
    public void OfUser_Name_IsAServiceAccountOnlyIfItCanBeOne(string name, bool expected)
    {
        var subject = Subject.OfUser(name);

        Assert.Equal(expected, subject.Kind == SubjectKind.ServiceAccount);
        Assert.Equal(name, subject.UserName);
    }

    [Theory]
    [InlineData("User", "alice", "ignored", "shop", "User alice")]
    [InlineData("Group", "dev", "ignored", "", "Group dev")]
    [InlineData("ServiceAccount", "web", "ci", "shop", "ServiceAccount ci/web")]
    [InlineData("ServiceAccount", "web", "", "shop", "ServiceAccount shop/web")]
    [InlineData("ServiceAccount", "web", "", "", null)]
    [InlineData("User", "system:serviceaccount:ci:web", "", "", "ServiceAccount ci/web")]
    [InlineData("Group", "system:serviceaccount:ci:web", "", "", "Group system:serviceaccount:ci:web")]
    [InlineData("user", "alice", "", "", null)]
    public void Means_Subject_IsWhomTheAuthorizerCompares(string kind, string name, string space, string binding, string? expected) =>
        Assert.Equal(expected, new BindingSubject(kind, name, space).Means(binding)?.ToString());
}

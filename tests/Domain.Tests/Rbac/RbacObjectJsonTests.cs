using System.Collections.Immutable;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Xunit;

namespace Lapse.Domain.Tests.Rbac;

public sealed class RbacObjectJsonTests
{
    private static readonly PolicyRule Pods = new() { Verbs = ["get"], ApiGroups = [""], Resources = ["pods"] };

    private static readonly RbacObject[] Each =
    [
        new RoleObject { Name = "r", Namespace = "n", Rules = [Pods, new() { Verbs = ["get"], NonResourceUrls = ["/x"] }], Labels = RbacObject.NoTexts.Add("b", "1").Add("a", "") },
        new RoleObject { Name = "union", Aggregates = [new() { MatchExpressions = [new("k", "NotIn", ["v", "w"])] }, new() { MatchLabels = RbacObject.NoTexts.Add("x", "y") }] },
        new BindingObject { Name = "b", Role = new("ClusterRole", "x"), Subjects = [new("User", "u", "", "rbac.authorization.k8s.io"), new("Odd", "o", "ns"), new("User", "u", "", "rbac.authorization.k8s.io")] },
        new ServiceAccountObject { Name = "s", Namespace = "n", AutomountsToken = true, Annotations = RbacObject.NoTexts.Add("eks.amazonaws.com/role-arn", "arn") },
        new NamespaceObject { Name = "n" },
        new WorkloadObject { Name = "w", Namespace = "n", WorkloadKind = "CronJob", ServiceAccount = "s", AutomountsToken = false, Node = "node", ReachesItsNode = true, Owner = "X y" },
        new TokenSecretObject { Name = "t", Namespace = "n", ServiceAccount = "s" },
    ];

    [Fact]
    public void WriteAndRead_EachKind_IsTheSameObject()
    {
        foreach (var one in Each.Select(one => one with { Uid = "uid", Created = DateTimeOffset.UnixEpoch }))
        {
            var text = RbacObjectJson.Write(one);
            var read = RbacObjectJson.Read(one.Kind, text, "uid", DateTimeOffset.UnixEpoch);
            Assert.Equal(one.GetType(), read.GetType());
            Assert.Equal((one.Reference, one.Uid, one.Created), (read.Reference, read.Uid, read.Created));
            Assert.Equal(text, RbacObjectJson.Write(read));
        }
        Assert.Equal(Each.Length, Each.Select(RbacObjectJson.Write).Distinct().Count());
    }

    [Fact]
    public void Write_UidAndTime_AreNotWhatItSays() =>
        Assert.All(Each, one => Assert.Equal(RbacObjectJson.Write(one), RbacObjectJson.Write(one with { Uid = "other", Created = DateTimeOffset.UtcNow })));

    [Fact]
    public void Write_OrderOfRulesAndSubjects_IsWhatItSays()
    {
        var role = (RoleObject)Each[0];
        Assert.NotEqual(RbacObjectJson.Write(role), RbacObjectJson.Write(role with { Rules = [.. role.Rules.Reverse()] }));
    }

    [Fact]
    public void Served_AnyOrder_IsOneText()
    {
        ImmutableArray<ServedResource> served = [new("apps", "deployments", "Deployment", true, ["get"]), new("", "pods", "Pod", true, []), new("", "nodes", "Node", false, ["list"])];
        var text = RbacObjectJson.WriteServed(served);
        Assert.Equal(text, RbacObjectJson.WriteServed(served.Reverse()));
        Assert.Equal(text, RbacObjectJson.WriteServed(RbacObjectJson.ReadServed(text)));
    }

    [Theory]
    [InlineData("Role", "[]")]
    [InlineData("Role", "{}")]
    [InlineData("Role", """{"name":1}""")]
    [InlineData("Role", """{"name":"r","rules":{}}""")]
    [InlineData("Role", """{"name":"r","rules":[{"verb":["get"]}]}""")]
    [InlineData("RoleBinding", """{"name":"b","subjects":[]}""")]
    [InlineData("ServiceAccount", """{"name":"s","automounts":"yes"}""")]
    [InlineData("Namespace", "no json")]
    public void Read_SomethingElse_IsRefused(string kind, string text) => Assert.ThrowsAny<FormatException>(() => RbacObjectJson.Read(kind, text));

    [Fact]
    public void Comparison_Role_SaysRulesAndWhatIsWider()
    {
        var before = new RoleObject { Name = "r", Rules = [Pods], Uid = "1" };
        var change = RbacComparison.Of(before, before with { Rules = [Pods, new() { Verbs = ["get", "delete"], ApiGroups = [""], Resources = ["pods"], ResourceNames = ["a"] }] });

        Assert.Equal(RbacChangeKind.Changed, change.Kind);
        var field = Assert.Single(change.Fields);
        Assert.Equal(("rules", 0, "get, delete: pods in core named a"), (field.Name, field.Before.Length, field.After.Single()));
        // To get one of them by name was covered.
        Assert.Equal(["delete"], Assert.Single(change.Widens).Verbs);
        Assert.Empty(RbacComparison.Of(before, before with { Rules = [] }).Widens);
    }

    [Fact]
    public void Comparison_MadeAnewLabelsAndTwiceTheSame_IsTold()
    {
        var before = new BindingObject { Name = "b", Role = new("ClusterRole", "x"), Subjects = [new("User", "u"), new("User", "u")], Uid = "1", Labels = RbacObject.NoTexts.Add("a", "1") };
        var change = RbacComparison.Of(before, before with { Uid = "2", Role = new("ClusterRole", "y"), Subjects = [new("User", "u")], Labels = RbacObject.NoTexts.Add("a", "2") });

        Assert.Equal(RbacChangeKind.Replaced, change.Kind);
        Assert.Equal(["role", "subjects", "labels"], change.Fields.Select(field => field.Name));
        Assert.Equal(("User u", 0), (change.Fields[1].Before.Single(), change.Fields[1].After.Length));
        Assert.Equal(("a=1", "a=2"), (change.Fields[2].Before.Single(), change.Fields[2].After.Single()));
        Assert.Equal((RbacChangeKind.Added, RbacChangeKind.Removed), (RbacComparison.Of(null, before).Kind, RbacComparison.Of(before, null).Kind));
        Assert.Throws<ArgumentException>(() => RbacComparison.Of(null, null));
    }
}

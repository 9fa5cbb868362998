using System.Text.Json.Nodes;
using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Text;
using Xunit;
using static Lapse.Domain.Tests.JustInTime.JustInTimeSamples;

namespace Lapse.Domain.Tests.JustInTime;

/// <summary>What is reviewed is exactly what is compared, removed and made again.</summary>
public class ReviewedBindingTests
{
    private static readonly ReviewedBinding Whole = new(Binding("shop", "erin's $(edit)", "edit", "oidc:erin", "group ops").Binding with
    {
        Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
        Annotations = new Dictionary<string, string> { ["why"] = "“old”\nLAPSE_END\n'; rm -rf ~ #" },
    });

    [Fact]
    public void Canonical_ReadAgain_IsTheSame()
    {
        var text = CanonicalJson.ToText(Whole.Canonical());
        var read = ReviewedBinding.FromCanonical(CanonicalJson.Parse(text)!.AsObject());

        Assert.Equal(text, CanonicalJson.ToText(read.Canonical()));
        Assert.Equal((Whole.Digest, Whole.Reference, "17"), (read.Digest, read.Reference, read.Binding.ResourceVersion));
    }

    public static TheoryData<string> Differences => ["name", "namespace", "a label", "an annotation", "role", "role kind", "a subject more", "a subject less", "another subject", "subject kind", "order"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void Digest_OfAnotherContent_IsAnother(string what)
    {
        var was = Whole.Binding;
        var other = what switch
        {
            "name" => was with { Name = "x" },
            "namespace" => was with { Namespace = null },
            "a label" => was with { Labels = new Dictionary<string, string> { ["a"] = "1" } },
            "an annotation" => was with { Annotations = new Dictionary<string, string>() },
            "role" => was with { RoleRef = was.RoleRef with { Name = "admin" } },
            "role kind" => was with { RoleRef = was.RoleRef with { Kind = "Role" } },
            "a subject more" => was with { Subjects = [.. was.Subjects, BindingSubject.User("x")] },
            "a subject less" => was with { Subjects = [was.Subjects[0]] },
            "another subject" => was with { Subjects = [BindingSubject.User("x"), was.Subjects[1]] },
            "subject kind" => was with { Subjects = [was.Subjects[0] with { Kind = "Group" }, was.Subjects[1]] },
            _ => was with { Subjects = [was.Subjects[1], was.Subjects[0]] },
        };
        Assert.NotEqual(Whole.Digest, ReviewedBinding.DigestOf(other));
    }

    [Fact]
    public void Digest_OfTheSameContentInAnotherObject_IsTheSame() =>
        Assert.Equal(Whole.Digest, ReviewedBinding.DigestOf(Whole.Binding with { Uid = "other", ResourceVersion = "18", CreatedAt = Samples.Now, Labels = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } }));

    [Fact]
    public void Canonical_WithAnythingMoreOrElse_IsNone()
    {
        Assert.All<Action<JsonObject>>(
            [
                json => json["digest"] = new string('0', 64),
                json => json["more"] = 1,
                json => json["manifest"]!["metadata"]!["finalizers"] = new JsonArray("x"),
                json => json["manifest"]!["subjects"]![0]!["name"] = "oidc:eve",
                json => json.Remove("uid"),
                json => json.Remove("manifest"),
                json => json["manifest"] = "x",
            ],
            change =>
            {
                var json = CanonicalJson.Parse(CanonicalJson.ToText(Whole.Canonical()))!.AsObject();
                change(json);
                Assert.Throws<FormatException>(() => ReviewedBinding.FromCanonical(json));
            });
    }

    [Theory]
    [InlineData("RoleBinding shop/edit", "shop", "edit")]
    [InlineData("ClusterRoleBinding ops: edit", null, "ops: edit")]
    public void Reference_ReadAgain_IsTheSame(string reference, string? place, string name)
    {
        Assert.Equal((place, name), ReviewedBinding.ReadReference(reference));
        Assert.Equal(reference, ReviewedBinding.ReferenceOf(place, name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("RoleBinding")]
    [InlineData("RoleBinding edit")]
    [InlineData("RoleBinding /edit")]
    [InlineData("RoleBinding a/b/c")]
    [InlineData("ClusterRoleBinding a/b")]
    [InlineData("ClusterRoleBinding ")]
    [InlineData("Secret a/b")]
    public void Reference_OfNoBinding_IsNone(string reference) => Assert.Null(ReviewedBinding.ReadReference(reference));

    [Fact]
    public void Commands_WithAHostileName_LeaveNothingToTheShell()
    {
        var delete = ManualCommands.Delete(Whole).Split('\n');
        Assert.Equal("kubectl delete --raw '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/erin%27s%20%24%28edit%29' -f - <<'LAPSE_END'", delete[0]);
        Assert.Equal((string[])["LAPSE_END", ""], delete[^2..]);
        Assert.Equal(4, delete.Length);
        var create = ManualCommands.Create(Whole).Split('\n');
        // Of what stands between the marks no line is one.
        Assert.Equal(create.Length - 2, Array.IndexOf(create, "LAPSE_END"));
        var manifest = JsonNode.Parse(string.Join('\n', create[1..^2]))!.AsObject();
        Assert.Equal(Whole.Digest, Convert.ToHexStringLower(CanonicalJson.Digest(CanonicalJson.Parse(manifest.ToJsonString())!)));
    }
}

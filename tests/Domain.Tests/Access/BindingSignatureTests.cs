using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public sealed class BindingSignatureTests
{
    public static TheoryData<string> Changes => [.. Changed.Keys];

    private static readonly Dictionary<string, Func<BindingSpec, BindingSpec>> Changed = new()
    {
        ["grant"] = spec => spec with { GrantId = UuidId.New<GrantId>(BindingSamples.Now) },
        ["request"] = spec => spec with { RequestId = UuidId.New<AccessRequestId>(BindingSamples.Now) },
        ["cluster"] = spec => spec with { Cluster = "other" },
        ["namespace"] = spec => spec with { Namespace = "web-prod" },
        ["cluster-wide"] = spec => spec with { Namespace = null },
        ["role kind"] = spec => spec with { Role = new(RoleKind.Role, "edit") },
        ["role name"] = spec => spec with { Role = new(RoleKind.ClusterRole, "admin") },
        ["person"] = spec => spec with { User = "oidc:mallory" },
        ["probe"] = spec => spec with { Probe = BindingProbe.NewName() },
        ["not-after"] = spec => spec with { NotAfter = spec.NotAfter.AddSeconds(1) },
        ["approvers"] = spec => spec with { Approvers = ["oidc:bob", "oidc:carol"] },
        ["ticket"] = spec => spec with { Ticket = "OPS-18" },
    };

    [Fact]
    public void Verify_WhatWasSigned_IsTrue()
    {
        using var key = BindingSamples.Key();
        using var publicKey = ECDsa.Create(key.ExportParameters(includePrivateParameters: false));
        var spec = BindingSamples.Spec();

        Assert.True(BindingSignature.Verify(spec, BindingSignature.Sign(spec, key), publicKey));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Verify_OneFieldChanged_IsFalse(string field)
    {
        using var key = BindingSamples.Key();
        var spec = BindingSamples.Spec();
        var signature = BindingSignature.Sign(spec, key);

        Assert.False(BindingSignature.Verify(Changed[field](spec), signature, key));
    }

    [Fact]
    public void Changes_CoverEveryField()
    {
        // Kind and name of the role count twice, the namespace too, and the name follows from the grant.
        var fields = typeof(BindingSpec).GetProperties().Count(property => property.SetMethod is not null);
        Assert.Equal(fields + 2, Changed.Count);
    }

    [Fact]
    public void Verify_OtherKey_IsFalse()
    {
        using var key = BindingSamples.Key();
        using var other = BindingSamples.Key();
        var spec = BindingSamples.Spec();

        Assert.False(BindingSignature.Verify(spec, BindingSignature.Sign(spec, key), other));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("v1.")]
    [InlineData("v1.AAAA")]
    [InlineData("v1.not base64url")]
    [InlineData("v2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Verify_NotASignature_IsFalse(string? signature)
    {
        using var key = BindingSamples.Key();
        Assert.False(BindingSignature.Verify(BindingSamples.Spec(), signature, key));
    }

    [Fact]
    public void Sign_KeyOfOtherCurve_Throws()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.Throws<ArgumentException>(() => BindingSignature.Sign(BindingSamples.Spec(), key));
    }

    [Fact]
    public void Payload_OfAKnownBinding_NeverChanges()
    {
        var spec = new BindingSpec
        {
            GrantId = new(Guid.Parse("018f0000-0000-7000-8000-000000000001")),
            RequestId = new(Guid.Parse("018f0000-0000-7000-8000-000000000002")),
            Cluster = "prod",
            Namespace = null,
            Role = new(RoleKind.ClusterRole, "cluster-admin"),
            User = "oidc:zoë",
            Probe = "lapse:probe:9f2c",
            NotAfter = new(2026, 1, 2, 4, 4, 5, 678, TimeSpan.FromHours(1)),
            Approvers = ["oidc:bob", "oidc:carol"],
            Ticket = "",
        };

        Assert.Equal(
            "16:lapse/binding/v1,36:018f0000-0000-7000-8000-000000000001,36:018f0000-0000-7000-8000-000000000002,4:prod,1:*,"
            + "11:ClusterRole,13:cluster-admin,9:oidc:zoë,16:lapse:probe:9f2c,20:2026-01-02T03:04:05Z,1:2,8:oidc:bob,10:oidc:carol,0:,",
            Encoding.UTF8.GetString(BindingSignature.Payload(spec)));
    }

    [Fact]
    public void Payload_DifferentFields_DifferentBytes()
    {
        var field = Gen.Char["a:,0123*"].Array[0, 6].Select(chars => new string(chars));
        var approvers = field.List[0, 3];
        var basis = BindingSamples.Spec();
        Gen.Select(field, approvers, field, approvers).Sample((ticket1, approvers1, ticket2, approvers2) =>
        {
            var one = basis with { Ticket = ticket1, Approvers = approvers1 };
            var two = basis with { Ticket = ticket2, Approvers = approvers2 };
            var same = one.Ticket == two.Ticket && one.Approvers.SequenceEqual(two.Approvers);
            return same == BindingSignature.Payload(one).AsSpan().SequenceEqual(BindingSignature.Payload(two));
        });
    }
}

using Lapse.Domain.Access;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public sealed class BindingSpecTests
{
    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var spec = BindingSamples.Spec() with { Approvers = ["oidc:bob", "o\"idc, carol"], Ticket = "<b>OPS</b>\n1" };
        var read = BindingReading.Read(spec.ToObject("v1.x"));

        Assert.NotNull(read);
        Assert.Equal(BindingSignature.Payload(spec), BindingSignature.Payload(read));
    }

    [Fact]
    public void Read_ClusterWide_HasNoNamespace()
    {
        var read = BindingReading.Read((BindingSamples.Spec() with { Namespace = null }).ToObject("v1.x"));

        Assert.NotNull(read);
        Assert.Null(read.Namespace);
    }

    [Theory]
    [InlineData(BindingKeys.Grant, "x")]
    [InlineData(BindingKeys.Request, "")]
    [InlineData(BindingKeys.Person, "system:masters")]
    [InlineData(BindingKeys.Probe, "oidc:alice")]
    [InlineData(BindingKeys.Namespace, "")]
    [InlineData(BindingKeys.Role, "edit")]
    [InlineData(BindingKeys.Role, "Group/edit")]
    [InlineData(BindingKeys.Role, "Role/")]
    [InlineData(BindingKeys.NotAfter, "tomorrow")]
    [InlineData(BindingKeys.NotAfter, "2026-11-24T13:00:00+02:00")]
    [InlineData(BindingKeys.Approvers, "oidc:bob")]
    [InlineData(BindingKeys.Approvers, "[null]")]
    [InlineData(BindingKeys.Approvers, "null")]
    [InlineData(BindingKeys.Approvers, "[\"\\ud800\"]")]
    public void Read_AnnotationThatMakesNoSense_IsNull(string key, string value)
    {
        var written = BindingSamples.Spec().ToObject("v1.x");
        Assert.Null(BindingReading.Read(written with { Annotations = written.Annotations.With(key, value) }));
    }

    [Fact]
    public void Read_AnyAnnotationButTheSignatureMissing_IsNull()
    {
        var written = BindingSamples.Spec().ToObject("v1.x");
        foreach (var key in written.Annotations.Keys.Where(key => key != BindingKeys.Signature))
            Assert.Null(BindingReading.Read(written with { Annotations = written.Annotations.Without(key) }));
    }

    [Theory]
    [InlineData("system:masters")]
    [InlineData("lapse:probe:1")]
    [InlineData("")]
    public void User_NameThatNoPersonMayHave_Throws(string user) =>
        Assert.Throws<ArgumentException>(() => BindingSamples.Spec() with { User = user });

    [Theory]
    [InlineData("oidc:alice")]
    [InlineData("lapse:probe:")]
    public void Probe_NotAProbe_Throws(string probe) =>
        Assert.Throws<ArgumentException>(() => BindingSamples.Spec() with { Probe = probe });

    [Fact]
    public void NotAfter_WithFraction_IsCutTowardsTheEarlier()
    {
        var spec = BindingSamples.Spec() with { NotAfter = BindingSamples.Now.AddMilliseconds(999) };
        Assert.Equal(BindingSamples.Now, spec.NotAfter);
    }

    [Fact]
    public void Ticket_OfTenThousandCharactersAndControls_IsCutAndCleaned()
    {
        var spec = BindingSamples.Spec() with { Ticket = "a\u0000\r\nb" + new string('x', 10_000) };
        Assert.Equal(BindingSpec.LongestTicket, spec.Ticket.Length);
        Assert.StartsWith("a   bx", spec.Ticket, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lapse-018f0000-0000-7000-8000-000000000001", true)]
    [InlineData("lapse-018F0000-0000-7000-8000-000000000001", false)]
    [InlineData("lapse-018f0000-0000-7000-8000-000000000001x", false)]
    [InlineData("lapse-018f0000-0000-7000-8000-000000000001\n", false)]
    [InlineData("xlapse-018f0000-0000-7000-8000-000000000001", false)]
    [InlineData("lapse-portal", false)]
    [InlineData(null, false)]
    public void IsBindingName_OnlyPrefixAndUuid(string? name, bool expected) => Assert.Equal(expected, BindingKeys.IsBindingName(name));
}

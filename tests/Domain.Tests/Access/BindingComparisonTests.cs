using Lapse.Domain.Access;
using Xunit;

namespace Lapse.Domain.Tests.Access;

public sealed class BindingComparisonTests
{
    private static readonly BindingSpec Spec = BindingSamples.Spec();
    private static readonly BindingObject Stored = Spec.Stored("v1.signature");

    [Fact]
    public void Of_WhatWasCreated_IsSame() => Assert.IsType<BindingComparison.Same>(Compare(Stored));

    [Fact]
    public void Of_SubjectsInOtherOrder_IsSame() =>
        Assert.IsType<BindingComparison.Same>(Compare(Stored with { Subjects = [.. Stored.Subjects.Reverse()] }));

    [Fact]
    public void Of_KeysOfOtherTools_IsSame() =>
        Assert.IsType<BindingComparison.Same>(Compare(Stored with
        {
            Labels = Stored.Labels.With("team", "payments"),
            Annotations = Stored.Annotations.With("kubectl.kubernetes.io/last-applied-configuration", "{}"),
        }));

    [Fact]
    public void Of_LabelRemoved_IsAltered() =>
        AssertAltered(Stored with { Labels = Stored.Labels.Without(BindingKeys.ManagedBy) }, "label lapse.dev/managed-by was removed");

    [Fact]
    public void Of_LabelChanged_IsAltered() =>
        AssertAltered(Stored with { Labels = Stored.Labels.With(BindingKeys.ManagedBy, "helm") }, "label lapse.dev/managed-by was changed");

    [Fact]
    public void Of_AnyAnnotationChangedOrRemoved_IsAltered()
    {
        foreach (var key in Stored.Annotations.Keys)
        {
            AssertAltered(Stored with { Annotations = Stored.Annotations.With(key, "2099-01-01T00:00:00Z") }, $"annotation {key} was changed");
            AssertAltered(Stored with { Annotations = Stored.Annotations.Without(key) }, $"annotation {key} was removed");
        }
    }

    [Fact]
    public void Of_AnnotationOfOursAdded_IsAltered() =>
        AssertAltered(Stored with { Annotations = Stored.Annotations.With("lapse.dev/keep", "yes") }, "annotation lapse.dev/keep was added");

    [Fact]
    public void Of_SubjectAdded_IsAltered() =>
        AssertAltered(Stored with { Subjects = [.. Stored.Subjects, BindingSubject.User("oidc:mallory")] }, "subject User oidc:mallory was added");

    [Fact]
    public void Of_SubjectTwice_IsAltered() =>
        AssertAltered(Stored with { Subjects = [.. Stored.Subjects, Stored.Subjects[0]] }, "subject User oidc:alice was added");

    [Fact]
    public void Of_ProbeRemoved_IsAltered() =>
        AssertAltered(Stored with { Subjects = [Stored.Subjects[0]] }, $"subject User {Spec.Probe} was removed");

    [Fact]
    public void Of_PersonReplacedByGroupOfTheSameName_IsAltered()
    {
        var altered = Assert.IsType<BindingComparison.Altered>(Compare(Stored with { Subjects = [Stored.Subjects[0] with { Kind = "Group" }, Stored.Subjects[1]] }));
        Assert.Equal(["subject Group oidc:alice was added", "subject User oidc:alice was removed"], altered.Differences);
    }

    [Fact]
    public void Of_OtherRole_IsAltered() =>
        AssertAltered(Stored with { RoleRef = Stored.RoleRef with { Name = "admin" } }, "it refers to ClusterRole/admin, not to ClusterRole/edit");

    [Fact]
    public void Of_FinalizerAdded_IsAltered() => AssertAltered(Stored with { Finalizers = ["x.y/hold"] }, "finalizer x.y/hold was added");

    [Fact]
    public void Of_OtherSignature_IsAltered() =>
        AssertAltered(Spec.Stored("v1.other"), "annotation lapse.dev/signature was changed");

    [Fact]
    public void Of_OtherNameWithOurLabel_IsForeign() =>
        Assert.IsType<BindingComparison.Foreign>(Compare(Stored with { Name = "somebody-elses" }));

    [Fact]
    public void Of_OtherNamespace_IsForeign() => Assert.IsType<BindingComparison.Foreign>(Compare(Stored with { Namespace = "web-prod" }));

    private static BindingComparison Compare(BindingObject actual) => BindingComparison.Of(Spec, "v1.signature", actual);

    private static void AssertAltered(BindingObject actual, string difference) =>
        Assert.Equal([difference], Assert.IsType<BindingComparison.Altered>(Compare(actual)).Differences);
}

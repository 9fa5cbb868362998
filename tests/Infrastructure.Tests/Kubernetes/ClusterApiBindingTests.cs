using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class ClusterApiBindingTests(ControlPlaneFixture controlPlane)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CreateBinding_ReadBack_IsTheSameToTheLastAnnotation()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var signature = spec.Sign();

        var created = Assert.IsType<CreateBindingResult.Created>(await place.Api.CreateBindingAsync(spec, signature, Cancellation));
        var found = Assert.IsType<GetBindingResult.Found>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation)).Binding;

        Assert.Equal(created.Uid, found.Uid);
        Assert.Equal(created.CreatedAt, found.CreatedAt);
        Assert.IsType<BindingComparison.Same>(BindingComparison.Of(spec, signature, found));
        Assert.Equal(BindingVerdict.Keep, BindingReaping.Judge(found, [TestBindings.Key], TimeSpan.FromHours(12), created.CreatedAt));
    }

    [Fact]
    public async Task CreateBinding_ClusterWide_IsUsableAndGoneAfterDeletion()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(null);

        var created = await place.Api.CreateUsableAsync(spec, Cancellation);
        Assert.IsType<DeleteBindingResult.Deleted>(await place.Api.DeleteBindingAsync(spec.Name, null, created.Uid, Cancellation));
        Assert.IsType<GetBindingResult.NotFound>(await place.Api.GetBindingAsync(spec.Name, null, Cancellation));
        await Wait.UntilAsync(async () => await place.Api.ProbeAsync(spec.Probe, TestBindings.Question(null), 3, Cancellation) is ProbeResult.AllDenied, "the probe is denied", Cancellation);
    }

    [Fact]
    public async Task CreateBinding_Again_AlreadyExists()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var signature = spec.Sign();

        Assert.IsType<CreateBindingResult.Created>(await place.Api.CreateBindingAsync(spec, signature, Cancellation));
        Assert.IsType<CreateBindingResult.AlreadyExists>(await place.Api.CreateBindingAsync(spec, signature, Cancellation));
    }

    [Fact]
    public async Task CreateBinding_ThereWithOtherSubjects_AlreadyExistsAndIsAltered()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var signature = spec.Sign();
        await place.PutAsync(spec.ToObject(signature) with { Subjects = [BindingSubject.User("oidc:mallory")] }, Cancellation);

        Assert.IsType<CreateBindingResult.AlreadyExists>(await place.Api.CreateBindingAsync(spec, signature, Cancellation));
        var found = Assert.IsType<GetBindingResult.Found>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation)).Binding;
        var altered = Assert.IsType<BindingComparison.Altered>(BindingComparison.Of(spec, signature, found));
        Assert.Contains("subject User oidc:mallory was added", altered.Differences);
    }

    [Fact]
    public async Task CreateBinding_NoSuchNamespace_NamespaceGone()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec("never-was-there");
        Assert.IsType<CreateBindingResult.NamespaceGone>(await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        Assert.IsType<GetBindingResult.NotFound>(await place.Api.GetBindingAsync(spec.Name, spec.Namespace, Cancellation));
    }

    [Fact]
    public async Task CreateBinding_NamespaceAboutToGo_NamespaceGone()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        // Holds the namespace in its last state for as long as the test needs it.
        var holder = new V1ConfigMap { Metadata = new() { Name = "holder", Finalizers = ["lapse.test/hold"] } };
        await place.Client.CoreV1.CreateNamespacedConfigMapAsync(holder, place.Name, cancellationToken: Cancellation);
        await place.Client.CoreV1.DeleteNamespaceAsync(place.Name, cancellationToken: Cancellation);
        var spec = TestBindings.Spec(place.Name);

        Assert.IsType<CreateBindingResult.NamespaceGone>(await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        Assert.False((await place.Api.HasNamespaceAsync(place.Name, Cancellation)).Value);

        await place.Client.CoreV1.PatchNamespacedConfigMapAsync(new("""{"metadata":{"finalizers":null}}""", V1Patch.PatchType.MergePatch), "holder", place.Name, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task CreateBinding_WithoutTheRight_ForbiddenInOneLine()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(await place.ServiceAccountAsync("nobody", Cancellation));
        var spec = TestBindings.Spec(place.Name);

        var forbidden = Assert.IsType<CreateBindingResult.Forbidden>(await api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        Assert.Contains("cannot create resource \"rolebindings\"", forbidden.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', forbidden.Message);
        Assert.IsType<GetBindingResult.NotFound>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation));
    }

    [Fact]
    public async Task GetBinding_WithoutTheRight_IsUnknownNeverNotFound()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(await place.ServiceAccountAsync("nobody", Cancellation));

        var unknown = Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", place.Name, Cancellation));
        Assert.Equal(ClusterFailureKind.Forbidden, unknown.Failure.Kind);
    }

    [Fact]
    public async Task GetBinding_WithARefusedToken_IsUnknown()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(new ClusterCredential.Token("nonsense"));

        var unknown = Assert.IsType<GetBindingResult.Unknown>(await api.GetBindingAsync("lapse-x", place.Name, Cancellation));
        Assert.Equal(ClusterFailureKind.CredentialRefused, unknown.Failure.Kind);
    }

    [Fact]
    public async Task DeleteBinding_WithAnotherUid_ConflictAndItStays()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        await place.Api.CreateUsableAsync(spec, Cancellation);

        Assert.IsType<DeleteBindingResult.UidConflict>(await place.Api.DeleteBindingAsync(spec.Name, place.Name, Guid.NewGuid().ToString(), Cancellation));
        Assert.IsType<GetBindingResult.Found>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation));
    }

    [Fact]
    public async Task DeleteBinding_Twice_NotFound()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var created = await place.Api.CreateUsableAsync(spec, Cancellation);

        Assert.IsType<DeleteBindingResult.Deleted>(await place.Api.DeleteBindingAsync(spec.Name, place.Name, created.Uid, Cancellation));
        Assert.IsType<DeleteBindingResult.NotFound>(await place.Api.DeleteBindingAsync(spec.Name, place.Name, created.Uid, Cancellation));
        await Wait.UntilAsync(async () => await place.Api.ProbeAsync(spec.Probe, TestBindings.Question(place.Name), 3, Cancellation) is ProbeResult.AllDenied, "the probe is denied", Cancellation);
    }

    [Fact]
    public async Task DeleteBinding_HeldByAFinalizer_IsStillFoundAndStillWorks()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var created = await place.Api.CreateUsableAsync(spec, Cancellation);
        await PatchAsync(place, spec, """{"metadata":{"finalizers":["lapse.test/hold"]}}""");

        Assert.IsType<DeleteBindingResult.Deleted>(await place.Api.DeleteBindingAsync(spec.Name, place.Name, created.Uid, Cancellation));
        var found = Assert.IsType<GetBindingResult.Found>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation)).Binding;
        Assert.NotNull(found.DeletedAt);
        Assert.Equal(["lapse.test/hold"], found.Finalizers);
        Assert.IsType<ProbeResult.AllAllowed>(await place.Api.ProbeAsync(spec.Probe, TestBindings.Question(place.Name), 3, Cancellation));

        await PatchAsync(place, spec, """{"metadata":{"finalizers":null}}""");
    }

    [Theory]
    [InlineData("""{"metadata":{"labels":{"lapse.dev/managed-by":null}}}""", "label lapse.dev/managed-by was removed")]
    [InlineData("""{"metadata":{"annotations":{"lapse.dev/not-after":"2099-01-01T00:00:00Z"}}}""", "annotation lapse.dev/not-after was changed")]
    [InlineData("""{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"oidc:mallory"}]}""", "subject User oidc:mallory was added")]
    public async Task GetBinding_ChangedByThePersonItServes_IsAltered(string patch, string difference)
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        var signature = spec.Sign();
        Assert.IsType<CreateBindingResult.Created>(await place.Api.CreateBindingAsync(spec, signature, Cancellation));
        await PatchAsync(place, spec, patch);

        var found = Assert.IsType<GetBindingResult.Found>(await place.Api.GetBindingAsync(spec.Name, place.Name, Cancellation)).Binding;
        Assert.Contains(difference, Assert.IsType<BindingComparison.Altered>(BindingComparison.Of(spec, signature, found)).Differences);
        Assert.Equal(BindingVerdict.BadSignature, BindingReaping.Judge(found, [TestBindings.Key], TimeSpan.FromHours(12), DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task ListBindings_FindsOursByLabelInTheScopeOnly()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        await using var other = await controlPlane.NamespaceAsync(Cancellation);
        var (here, there, everywhere) = (TestBindings.Spec(place.Name), TestBindings.Spec(other.Name), TestBindings.Spec(null, "view"));
        foreach (var spec in new[] { here, there, everywhere })
            Assert.IsType<CreateBindingResult.Created>(await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation));
        await place.PutAsync(TestBindings.Spec(place.Name).ToObject("") with { Name = "unlabelled", Labels = new Dictionary<string, string>() }, Cancellation);

        var narrow = (await place.Api.ListBindingsAsync(new([place.Name], ClusterWide: false), Cancellation)).Value;
        var wide = (await place.Api.ListBindingsAsync(new([place.Name, other.Name], ClusterWide: true), Cancellation)).Value;

        Assert.Equal([here.Name], narrow.Bindings.Select(binding => binding.Name));
        Assert.NotNull(narrow.ServerTime);
        Assert.Superset(new HashSet<string> { here.Name, there.Name, everywhere.Name }, wide.Bindings.Select(binding => binding.Name).ToHashSet());
        await place.Client.RbacAuthorizationV1.DeleteClusterRoleBindingAsync(everywhere.Name, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task ListBindings_MoreThanAPage_FindsThemAll()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var template = TestBindings.Spec(place.Name).ToObject("");
        await Parallel.ForEachAsync(Enumerable.Range(0, 520), Cancellation, async (i, token) => await place.PutAsync(template with { Name = $"many-{i}" }, token));

        var list = (await place.Api.ListBindingsAsync(new([place.Name], ClusterWide: false), Cancellation)).Value;
        Assert.Equal(520, list.Bindings.DistinctBy(binding => binding.Uid).Count());
    }

    private static Task<V1RoleBinding> PatchAsync(TestNamespace place, BindingSpec spec, string patch) =>
        place.Client.RbacAuthorizationV1.PatchNamespacedRoleBindingAsync(new(patch, V1Patch.PatchType.MergePatch), spec.Name, place.Name, cancellationToken: Cancellation);
}

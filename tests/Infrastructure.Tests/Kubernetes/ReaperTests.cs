using System.Security.Cryptography;
using k8s;
using k8s.Models;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

/// <summary>The reaper sees every binding of the cluster, those of other tests too: nothing else may run beside these.</summary>
[CollectionDefinition(nameof(ReaperTests), DisableParallelization = true)]
[Collection(nameof(ReaperTests))]
public sealed class ReaperTests(ControlPlaneFixture controlPlane)
{
    private static readonly TimeSpan Maximum = TimeSpan.FromHours(12);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OfEveryKind_DeletesWhatIsOverAndNothingElse()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var good = TestBindings.Spec(place.Name);
        var expired = TestBindings.Spec(place.Name, lifetime: TimeSpan.FromSeconds(-1));
        var forged = TestBindings.Spec(place.Name);
        var stretched = TestBindings.Spec(place.Name);
        var stripped = TestBindings.Spec(place.Name);
        var clusterWide = TestBindings.Spec(null, "view", TimeSpan.FromSeconds(-1));
        var bare = stripped.ToObject(stripped.Sign());
        await place.PutAsync(good.ToObject(good.Sign()), Cancellation);
        await place.PutAsync(expired.ToObject(expired.Sign()), Cancellation);
        await place.PutAsync(clusterWide.ToObject(clusterWide.Sign()), Cancellation);
        await place.PutAsync(forged.ToObject(BindingSignature.Sign(forged, otherKey)), Cancellation);
        await place.PutAsync((stretched with { NotAfter = stretched.NotAfter.AddDays(30) }).ToObject(stretched.Sign()), Cancellation);
        await place.PutAsync(bare with { Labels = new Dictionary<string, string>(), Annotations = new Dictionary<string, string>() }, Cancellation);
        await place.PutAsync(expired.ToObject(expired.Sign()) with { Name = "wears-our-label" }, Cancellation);
        await place.PutAsync(good.ToObject("") with { Name = "lapse-portal", Labels = new Dictionary<string, string>() }, Cancellation);

        var report = await new Reaper(place.Api, [TestBindings.Key], Maximum).RunAsync(Cancellation);

        Assert.True(report.ServerSentTime);
        var mine = report.Reaped.Where(binding => binding.Namespace == place.Name || binding.Name == clusterWide.Name).ToDictionary(binding => binding.Name);
        Assert.Equal(BindingVerdict.Expired, mine[expired.Name].Verdict);
        Assert.Equal(BindingVerdict.Expired, mine[clusterWide.Name].Verdict);
        Assert.Equal(BindingVerdict.BadSignature, mine[forged.Name].Verdict);
        Assert.Equal(BindingVerdict.BadSignature, mine[stretched.Name].Verdict);
        Assert.Equal(BindingVerdict.BadSignature, mine[stripped.Name].Verdict);
        Assert.Equal(new("wears-our-label", place.Name, BindingVerdict.Foreign, "LeftAlone"), mine["wears-our-label"]);
        Assert.All(mine.Values.Where(binding => binding.Verdict.Deletes()), binding => Assert.Equal("Deleted", binding.Outcome));
        Assert.Equal(6, mine.Count);
        Assert.Equal([good.Name, "lapse-portal", "wears-our-label"], await NamesAsync(place));
        Assert.IsType<GetBindingResult.NotFound>(await place.Api.GetBindingAsync(clusterWide.Name, null, Cancellation));
    }

    [Fact]
    public async Task Run_SignedForLongerThanTheMaximum_DeletesItWhenThatIsOver()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name, lifetime: TimeSpan.FromDays(300));
        await place.PutAsync(spec.ToObject(spec.Sign()), Cancellation);

        var early = await new Reaper(place.Api, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.DoesNotContain(early.Reaped, binding => binding.Name == spec.Name);
        Assert.Equal([spec.Name], await NamesAsync(place));

        ReapedBinding? reaped = null;
        var strict = new Reaper(place.Api, [TestBindings.Key], TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(
            async () => (reaped = (await strict.RunAsync(Cancellation)).Reaped.SingleOrDefault(binding => binding.Name == spec.Name)) is not null, "the maximum is over", Cancellation);
        Assert.Equal(new(spec.Name, place.Name, BindingVerdict.TooOld, "Deleted"), reaped);
        Assert.Empty(await NamesAsync(place));
    }

    [Fact]
    public async Task Run_HeldByAFinalizer_IsReportedAsStillThere()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name, lifetime: TimeSpan.FromSeconds(-1));
        await place.PutAsync(spec.ToObject(spec.Sign()), Cancellation);
        await PatchAsync(place, spec.Name, """{"metadata":{"finalizers":["lapse.test/hold"]}}""");

        var report = await new Reaper(place.Api, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.Equal("StillThere", report.Reaped.Single(binding => binding.Name == spec.Name).Outcome);
        Assert.False(report.IsClean);
        await PatchAsync(place, spec.Name, """{"metadata":{"finalizers":null}}""");
    }

    [Fact]
    public async Task Run_WithTheReapersOwnRights_DeletesAndMayNothingElse()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var account = new PortalAccount(place.Name, "reaper-" + place.Name);
        await place.ApplyAsync(ClusterRights.ReaperManifests(account), Cancellation);
        using var api = place.Connect(await place.TokenAsync(account.Name, Cancellation));
        var spec = TestBindings.Spec(place.Name, lifetime: TimeSpan.FromSeconds(-1));
        await place.PutAsync(spec.ToObject(spec.Sign()), Cancellation);
        await Wait.UntilAsync(async () => (await api.ListAllBindingsAsync(Cancellation)).Succeeded, "the reaper may list", Cancellation);

        var report = await new Reaper(api, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.Equal("Deleted", report.Reaped.Single(binding => binding.Name == spec.Name).Outcome);
        var another = TestBindings.Spec(place.Name);
        Assert.IsType<CreateBindingResult.Forbidden>(await api.CreateBindingAsync(another, another.Sign(), Cancellation));
    }

    [Fact]
    public async Task Run_WithoutTheRightToList_IsNotClean()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(await place.ServiceAccountAsync("nobody", Cancellation));
        var report = await new Reaper(api, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.Equal(ClusterFailureKind.Forbidden, report.Failure?.Kind);
        Assert.False(report.IsClean);
    }

    [Theory]
    [InlineData("Tue, 24 Nov 2026 13:00:00 GMT", "2026-11-24T12:59:59Z", BindingVerdict.Expired)]
    [InlineData("Tue, 24 Nov 2026 12:59:58 GMT", "2026-11-24T12:59:59Z", BindingVerdict.Keep)]
    [InlineData("Sun, 24 Nov 2126 12:00:00 GMT", "2126-11-24T12:00:01Z", BindingVerdict.TooOld)]
    public async Task Run_TimeIsTheServersWhateverThisMachineThinks(string date, string notAfter, BindingVerdict verdict)
    {
        await using var cluster = await FakeListAsync(date, DateTimeOffset.Parse(notAfter, System.Globalization.CultureInfo.InvariantCulture));
        using var api = cluster.Server.Connect();

        var report = await new Reaper(api, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.Equal(1, report.Seen);
        Assert.Equal(DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture), report.Now);
        Assert.Equal(verdict, report.Reaped.SingleOrDefault()?.Verdict ?? BindingVerdict.Keep);
        Assert.Equal(verdict.Deletes() ? 1 : 0, cluster.Deletions.Count);
        Assert.All(cluster.Deletions, body => Assert.Contains("the-uid", body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ServerSendsNoTimeThatCanBeRead_DeletesWhatIsProvablyOverAndIsNotClean()
    {
        // Created at 12:00 by the server's clock, so that it is at least 12:00 now.
        await using var over = await FakeListAsync("some day", new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var open = await FakeListAsync("some day", new(2026, 11, 24, 12, 0, 1, TimeSpan.Zero));
        using var overApi = over.Server.Connect();
        using var openApi = open.Server.Connect();

        var report = await new Reaper(overApi, [TestBindings.Key], Maximum).RunAsync(Cancellation);
        Assert.Equal(BindingVerdict.Expired, report.Reaped.Single().Verdict);
        Assert.False(report.ServerSentTime);
        Assert.False(report.IsClean);
        Assert.Empty((await new Reaper(openApi, [TestBindings.Key], Maximum).RunAsync(Cancellation)).Reaped);
    }

    private static async Task<FakeList> FakeListAsync(string date, DateTimeOffset notAfter)
    {
        var spec = TestBindings.Spec("default") with { NotAfter = notAfter };
        var binding = BindingMapping.ToRoleBinding(spec.ToObject(spec.Sign()));
        (binding.Metadata.Uid, binding.Metadata.CreationTimestamp) = ("the-uid", new(2026, 11, 24, 12, 0, 0, DateTimeKind.Utc));
        var list = KubernetesJson.Serialize(new V1RoleBindingList { ApiVersion = "rbac.authorization.k8s.io/v1", Kind = "RoleBindingList", Items = [binding] });
        var deletions = new List<string>();
        var server = await OddServer.StartAsync(async context =>
        {
            context.Response.Headers.Date = date;
            context.Response.ContentType = "application/json";
            if (context.Request.Method == "DELETE")
            {
                deletions.Add(await new StreamReader(context.Request.Body).ReadToEndAsync());
                await context.Response.WriteAsync("""{"kind":"Status","status":"Success"}""");
            }
            else
            {
                var isNamespaced = context.Request.Path.Value!.EndsWith("/rolebindings", StringComparison.Ordinal);
                await context.Response.WriteAsync(isNamespaced ? list : """{"kind":"ClusterRoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","items":[]}""");
            }
        });
        return new(server, deletions);
    }

    private sealed record FakeList(OddServer Server, List<string> Deletions) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private static async Task<IEnumerable<string>> NamesAsync(TestNamespace place) =>
        (await place.Client.RbacAuthorizationV1.ListNamespacedRoleBindingAsync(place.Name, cancellationToken: Cancellation)).Items.Select(binding => binding.Metadata.Name).Order(StringComparer.Ordinal);

    private static Task<V1RoleBinding> PatchAsync(TestNamespace place, string name, string patch) =>
        place.Client.RbacAuthorizationV1.PatchNamespacedRoleBindingAsync(new(patch, V1Patch.PatchType.MergePatch), name, place.Name, cancellationToken: Cancellation);
}

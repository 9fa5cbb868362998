using System.Threading.Channels;
using k8s;
using k8s.Models;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class ClusterApiWatchTests(ControlPlaneFixture controlPlane)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WatchBindings_MadeChangedUnlabelledDeleted_WakesEachTime()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var (wakes, watching) = Watch(place.Api, new([place.Name], ClusterWide: true), stop.Token);
        var (spec, clusterWide) = (TestBindings.Spec(place.Name), TestBindings.Spec(null, "view"));

        await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation);
        await WakesForAsync(wakes, new(place.Name, spec.Name));
        await PatchAsync(place, spec.Name, """{"metadata":{"annotations":{"lapse.dev/ticket":"x"}}}""");
        await WakesForAsync(wakes, new(place.Name, spec.Name));
        await PatchAsync(place, spec.Name, """{"metadata":{"labels":{"lapse.dev/managed-by":null}}}""");
        await WakesForAsync(wakes, new(place.Name, spec.Name));
        await place.Api.CreateBindingAsync(clusterWide, clusterWide.Sign(), Cancellation);
        await WakesForAsync(wakes, new(null, clusterWide.Name));
        await place.Client.RbacAuthorizationV1.DeleteClusterRoleBindingAsync(clusterWide.Name, cancellationToken: Cancellation);
        await WakesForAsync(wakes, new(null, clusterWide.Name));

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task WatchBindings_WhatIsThereAtTheStart_Wakes()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        var spec = TestBindings.Spec(place.Name);
        await place.Api.CreateBindingAsync(spec, spec.Sign(), Cancellation);

        await foreach (var wake in place.Api.WatchBindingsAsync(new([place.Name], ClusterWide: false), Cancellation))
        {
            Assert.Equal(new(place.Name, spec.Name), wake);
            break;
        }
    }

    [Fact]
    public async Task WatchBindings_Refused_KeepsTryingAndTellsOfTheGap()
    {
        await using var place = await controlPlane.NamespaceAsync(Cancellation);
        using var api = place.Connect(await place.ServiceAccountAsync("nobody", Cancellation));
        var gaps = 0;

        await foreach (var wake in api.WatchBindingsAsync(new([place.Name], ClusterWide: false), Cancellation))
        {
            Assert.Equal(new(place.Name, null), wake);
            if (++gaps == 2) break;
        }
        Assert.Equal(2, gaps);
    }

    private static (ChannelReader<BindingWake> Wakes, Task Watching) Watch(ClusterApi api, BindingScope scope, CancellationToken cancellationToken)
    {
        var wakes = Channel.CreateUnbounded<BindingWake>();
        var watching = Task.Run(
            async () =>
            {
                await foreach (var wake in api.WatchBindingsAsync(scope, cancellationToken)) wakes.Writer.TryWrite(wake);
            },
            cancellationToken);
        return (wakes.Reader, watching);
    }

    private static async Task WakesForAsync(ChannelReader<BindingWake> wakes, BindingWake expected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (await wakes.ReadAsync(limit.Token) != expected) { }
    }

    private static Task<V1RoleBinding> PatchAsync(TestNamespace place, string name, string patch) =>
        place.Client.RbacAuthorizationV1.PatchNamespacedRoleBindingAsync(new(patch, V1Patch.PatchType.MergePatch), name, place.Name, cancellationToken: Cancellation);
}

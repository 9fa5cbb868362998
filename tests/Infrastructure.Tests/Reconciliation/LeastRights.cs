using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Tests.Fixtures;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>A ServiceAccount with exactly the rights that are generated for “edit” in one namespace.</summary>
internal sealed class LeastRights(PortalAccount account, ClusterCredential.Token credential, ClusterApi api) : IAsyncDisposable
{
    public PortalAccount Account => account;

    public ClusterCredential.Token Credential => credential;

    public ClusterApi Api => api;

    public static async Task<LeastRights> GiveAsync(TestNamespace place, CancellationToken cancellation, AuditRights audit = AuditRights.Workloads)
    {
        var (account, entry) = (new PortalAccount(place.Name, "portal-" + place.Name), new ClusterRightsEntry([place.Name], new(RoleKind.ClusterRole, "edit")));
        await place.ApplyAsync(ClusterRights.Manifests([entry], account, audit), cancellation);
        var credential = await place.TokenAsync(account.Name, cancellation);
        var api = place.Connect(credential);
        await Wait.UntilAsync(async () => await MissingRights.FindAsync(api, entry, cancellation) is { Succeeded: true, Value.Count: 0 } && (await api.ListServiceAccountsAsync(place.Name, cancellation)).Succeeded, "Lapse has its rights", cancellation);
        return new(account, credential, api);
    }

    public ValueTask DisposeAsync()
    {
        api.Dispose();
        return ValueTask.CompletedTask;
    }
}

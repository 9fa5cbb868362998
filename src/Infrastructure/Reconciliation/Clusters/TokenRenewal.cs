using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>Renews the token by which Lapse proves itself to a cluster, well before it expires, and seals it again.</summary>
internal sealed partial class TokenRenewal(IDbContextFactory<PortalDbContext> contexts, Sealer sealer, TimeProvider clock, ILogger<TokenRenewal> log)
{
    /// <summary>What is asked for; the API server may give less.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    /// <summary>A token with less than this is renewed.</summary>
    public static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(40);

    /// <summary>Renews the token of one cluster if it is due.</summary>
    /// <returns>Whether it was renewed.</returns>
    public async Task<bool> RunAsync(RegisteredCluster cluster, CancellationToken cancellation)
    {
        if (cluster.Cluster.CredentialKind != CredentialKind.Token || cluster.Link.Value.ExpiresAt is not { } expires || expires - clock.GetUtcNow() > RenewBefore) return false;
        var renewed = await cluster.Link.Value.Api.RenewTokenAsync(Lifetime, cancellation);
        if (!renewed.Succeeded)
        {
            LogNotRenewed(cluster.Cluster.Name, renewed.Failure!.Message);
            return false;
        }
        // A server that gives no longer tokens would be asked with each look.
        if (renewed.Value.ExpiresAt <= expires) return false;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var row = await db.Clusters.SingleAsync(c => c.Id == cluster.Cluster.Id, cancellation);
        // Somebody changed the cluster since: the token is for an address that may not hold any more.
        if (!row.SealedCredential.AsSpan().SequenceEqual(cluster.Cluster.SealedCredential)) return false;
        row.Seal(renewed.Value.Credential, sealer);
        try
        {
            await db.CommitAsync(cancellation);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            // Another replica renewed it at the same time; its token is as good.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lapse's token for cluster {Cluster} could not be renewed ({Reason}); it is tried again.")]
    private partial void LogNotRenewed(string cluster, string reason);
}

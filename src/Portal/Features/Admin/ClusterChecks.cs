using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Rbac;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;

namespace Lapse.Portal.Features.Admin;

/// <summary>What is asked of a cluster before a change that concerns it is written down.</summary>
public sealed class ClusterChecks(OutboundOptions outbound, Sealer sealer, TimeProvider clock)
{
    /// <summary>The address and credential out of what an admin gave.</summary>
    public static Outcome<ClusterAddress> ReadAccess(ClusterAccess access, Cluster? current, Sealer sealer) => access switch
    {
        ClusterAccess.Unchanged => current?.Open(sealer) ?? new Refusal("NoCredential", "Say how the cluster is reached."),
        ClusterAccess.InCluster => InClusterAddress.Read(),
        ClusterAccess.Kubeconfig kubeconfig => KubeconfigReader.Read(kubeconfig.Yaml),
        ClusterAccess.Token token => ClusterAddress.From(token.Server, token.CertificateAuthority, new ClusterCredential.Token(token.Value)),
        _ => throw new InvalidOperationException("An unknown way to reach a cluster."),
    };

    /// <summary>Whether it answers and lets Lapse in.</summary>
    public async Task<Outcome<ClusterServerInfo>> TestAsync(ClusterAddress address, CancellationToken cancellation)
    {
        using var api = Open(address);
        var info = await api.ServerInfoAsync(cancellation);
        return info.Succeeded ? info.Value : new Refusal("ClusterDoesNotAnswer", $"The cluster does not let Lapse in: {info.Failure!.Message} Nothing was saved.");
    }

    /// <summary>The rules that Lapse lacks there for these entries, and for reading; empty if it lacks none.</summary>
    public async Task<Outcome<MissingRight[]>> MissingAsync(ClusterAddress address, IReadOnlyCollection<ClusterRightsEntry> entries, CancellationToken cancellation)
    {
        using var api = Open(address);
        var missing = await MissingRights.FindAllAsync(api, entries, cancellation);
        return missing.Succeeded ? missing.Value.ToArray()
            : new Refusal("ClusterDoesNotAnswer", $"The cluster did not say what Lapse may do there: {missing.Failure!.Message} Nothing was saved.");
    }

    /// <summary>The rules of a role as the cluster has them now.</summary>
    public async Task<Outcome<RoleRules>> ReadRoleAsync(Cluster cluster, RoleReference role, string? place, CancellationToken cancellation)
    {
        var address = cluster.Open(sealer);
        if (!address.Succeeded) return address.Refusal!;
        using var api = Open(address.Value);
        var rules = await api.ReadRoleAsync(role.Kind, role.Name, place, cancellation);
        return rules.Succeeded ? rules.Value : new Refusal("RoleUnreadable", $"The cluster does not give the rules of {role}: {rules.Failure!.Message}");
    }

    /// <summary>Why Lapse could not bind the entry's role there, with the rule that is missing; <see langword="null"/> if it could.</summary>
    public async Task<Refusal?> CheckEntryAsync(Cluster cluster, ElevatedRoleVersion entry, CancellationToken cancellation)
    {
        var address = cluster.Open(sealer);
        if (!address.Succeeded) return address.Refusal;
        using var api = Open(address.Value);
        var rules = await api.ReadRoleAsync(entry.RoleKind, entry.RoleName, entry.RoleKind == RoleKind.Role ? entry.Namespaces[0] : null, cancellation);
        if (!rules.Succeeded) return new("RoleUnreadable", $"The cluster does not give the rules of {entry.Role}: {rules.Failure!.Message} Nothing was saved.");
        if (Domain.Access.RequestRules.CheckRules(rules.Value) is { } unusable) return unusable;
        var missing = await MissingRights.FindAsync(api, new ClusterRightsEntry(entry.Namespaces, entry.Role), cancellation);
        return missing.Succeeded ? MissingRights.ToRefusal(missing.Value)
            : new("ClusterDoesNotAnswer", $"The cluster did not say whether Lapse could bind this role: {missing.Failure!.Message} Nothing was saved.");
    }

    /// <summary>Whether the cluster takes the portal's own tokens. It must not: then a token that Lapse keeps as a proof would open it.</summary>
    public async Task<Refusal?> CheckKeptTokenAsync(ClusterAddress address, string token, CancellationToken cancellation)
    {
        using var api = Open(address);
        var accepted = await api.AcceptsTokenAsync(token, cancellation);
        if (!accepted.Succeeded) return new("ClusterDoesNotAnswer", $"The cluster did not say whether it takes the portal's tokens: {accepted.Failure!.Message} Nothing was saved.");
        return accepted.Value ? new("AcceptsPortalTokens", "This cluster accepts the tokens that the identity provider gives to Lapse itself. Give the cluster a client of its own at the provider; nothing was saved.") : null;
    }

    private ClusterApi Open(ClusterAddress address) => new(new ClusterConnection(address, outbound), clock);
}

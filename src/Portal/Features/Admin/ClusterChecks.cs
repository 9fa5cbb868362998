using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
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

    /// <summary>Standing bindings as the cluster has them now, none of them one that cannot become just-in-time access.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="wanted">Namespace and name of each; without a namespace for the whole cluster.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public async Task<Outcome<IReadOnlyList<ReviewedBinding>>> ReadStandingAsync(Cluster cluster, IReadOnlyList<(string? Namespace, string Name)> wanted, CancellationToken cancellation)
    {
        if (wanted.Count > JustInTimeChange.MostBindings) return StandingRules.TooMany;
        var address = cluster.Open(sealer);
        if (!address.Succeeded) return address.Refusal!;
        using var api = Open(address.Value);
        var own = await api.OwnNamesAsync(cancellation);
        List<ReviewedBinding> found = [];
        foreach (var (place, name) in wanted)
        {
            var look = await api.GetBindingAsync(name, place, cancellation);
            if (look is GetBindingResult.NotFound) return new Refusal("BindingGone", $"{ReviewedBinding.ReferenceOf(place, name)} is not in the cluster any more.");
            if (look is not GetBindingResult.Found { Binding: var binding }) return new Refusal("ClusterDoesNotAnswer", $"The cluster does not show {ReviewedBinding.ReferenceOf(place, name)}: {((GetBindingResult.Unknown)look).Failure.Message}");
            var reviewed = new ReviewedBinding(binding);
            if ((StandingRules.Check(reviewed, own) ?? StandingRules.CheckObject(reviewed)) is { } refusal) return refusal;
            found.Add(reviewed);
        }
        return StandingRules.CheckTogether(found) is { } together ? together : found;
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

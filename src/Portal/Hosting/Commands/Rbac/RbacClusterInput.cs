using System.Collections.Immutable;
using System.Globalization;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Reconciliation;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>
/// Reads a cluster as it is now. What may not be read is listed with the rule that is wanted; a cluster that does not answer, or only in
/// part, is no input. Neither addresses' credentials nor tokens are ever said.
/// </summary>
internal static class RbacClusterInput
{
    private static readonly ImmutableArray<string> Access = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];

    /// <summary>The cluster of a kubeconfig; <see langword="null"/> after it was said why that cannot be.</summary>
    public static async Task<RbacInput?> OfKubeconfigAsync(FileInfo kubeconfig, string? context, RbacNeeds needs, bool allowUnread, CancellationToken cancellation)
    {
        var address = ReadKubeconfig(kubeconfig, context);
        if (!address.Succeeded) return Refuse(address.Refusal!.Message + (address.Refusal.Code.StartsWith("Kubeconfig", StringComparison.Ordinal) ? " What kubectl get … -o json prints is read by --manifests - too." : ""));
        // Whoever runs the verb reaches this machine anyway.
        using var api = new ClusterApi(new ClusterConnection(address.Value, new OutboundOptions { AllowLoopback = true }), TimeProvider.System);
        if (await ReadAsync(api, new RbacOptions(), needs, address.Value.Server.Authority, cancellation) is not { } state) return null;
        var grants = state.Bindings.Count(binding => BindingKeys.IsBindingName(binding.Name));
        return Input(state, state, needs, allowUnread) with
        {
            Cluster = address.Value.Server.GetLeftPart(UriPartial.Path).TrimEnd('/'),
            Notes = grants > 0 ? [$"{Words.Count(grants, "binding")} {(grants == 1 ? "is" : "are")} named like Lapse's own for a time; whether {(grants == 1 ? "it is" : "they are")} is known with --cluster only, and counted here as any other."] : [],
        };
    }

    /// <summary>A cluster that is registered in Lapse; <see langword="null"/> after it was said why that cannot be.</summary>
    public static async Task<RbacInput?> OfRegisteredAsync(string name, RbacNeeds needs, bool allowUnread, CancellationToken cancellation)
    {
        var configuration = Configuration.Read();
        try
        {
            await using var services = VerbServices.WithAudit(configuration);
            if (services is null) return Refuse("ConnectionStrings:Portal is not set.");
            await using var db = await services.GetRequiredService<IDbContextFactory<PortalDbContext>>().CreateDbContextAsync(cancellation);
            var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == name && c.RetiredAt == null, cancellation);
            if (cluster is null) return Refuse($"There is no cluster {name}.");
            var address = cluster.Open(services.GetRequiredService<Sealer>());
            if (!address.Succeeded) return Refuse(address.Refusal!.Message);
            using var api = new ClusterApi(new ClusterConnection(address.Value, new OutboundOptions { AllowLoopback = configuration.Portal().Mode == PortalMode.Sandbox }), TimeProvider.System);
            if (await ReadAsync(api, services.GetRequiredService<RbacOptions>(), needs, name, cancellation) is not { } state) return null;
            if (needs != RbacNeeds.Everything) return Input(state, state, needs, allowUnread) with { Cluster = name };

            var now = TimeProvider.System.GetUtcNow();
            var audit = services.GetRequiredService<ClusterAudit>();
            var standing = audit.WithoutLapses(state, cluster.Name);
            var lapses = state.Bindings.Length - standing.Bindings.Length;
            return Input(state, standing, needs, allowUnread) with
            {
                Cluster = name,
                Records = (await audit.RecordsAsync(cluster, api.OwnToken, cancellation)).Records,
                Accepted = await db.RbacFindings.AsNoTracking().Where(f => f.ClusterId == cluster.Id && f.AcceptedUntil > now && f.AcceptedGravity != null)
                    .ToDictionaryAsync(f => f.Fingerprint, f => ((Severity)f.AcceptedGravity!.Value, f.AcceptedUntil!.Value), cancellation),
                Notes = lapses > 0 ? [string.Create(CultureInfo.InvariantCulture, $"{Words.Count(lapses, "binding")} of Lapse for a time {(lapses == 1 ? "is" : "are")} no standing access and left out.")] : [],
            };
        }
        catch (Exception problem) when (problem is KeyFolderException or NpgsqlException or InvalidOperationException { InnerException: NpgsqlException })
        {
            return Refuse((problem as KeyFolderException)?.Message ?? "The database does not answer.");
        }
    }

    private static RbacInput Input(RbacState read, RbacState state, RbacNeeds needs, bool allowUnread) =>
        new(new RbacIndex(state), [.. read.Gaps.Where(gap => Matters(gap, needs))], allowUnread) { Objects = read.Objects.Count() };

    // What is served is for completion only, and whoever may do what depends on no workload.
    private static bool Matters(Gap gap, RbacNeeds needs) => needs switch
    {
        RbacNeeds.Everything or RbacNeeds.Paths => gap.What != RbacKind.ServedPart,
        RbacNeeds.Holders => Access.Contains(gap.What) || gap.What == "serviceaccounts",
        RbacNeeds.Access => Access.Contains(gap.What),
    };

    private static async Task<RbacState?> ReadAsync(ClusterApi api, RbacOptions options, RbacNeeds needs, string what, CancellationToken cancellation)
    {
        var everything = needs is RbacNeeds.Everything or RbacNeeds.Paths;
        var read = await api.ReadRbacAsync(new(everything, options.PageSize, options.MostObjects) { Tokens = everything }, cancellation);
        if (read.Succeeded) return read.Value.ToState();
        Refuse($"The cluster {what} could not be read: {read.Failure!.Message}");
        return null;
    }

    private static Outcome<ClusterAddress> ReadKubeconfig(FileInfo kubeconfig, string? context)
    {
        var folder = kubeconfig.DirectoryName ?? "";
        var text = ReadFile(kubeconfig.FullName, KubeconfigReader.Longest);
        return text.Succeeded ? KubeconfigReader.Read(text.Value, context, file => ReadFile(Path.Combine(folder, file), ClusterAddress.LongestField)) : text.Refusal!;
    }

    private static Outcome<string> ReadFile(string path, int longest)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Length <= longest ? File.ReadAllText(path) : new Refusal("File", $"{path} has more than {longest / 1024} KiB.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new Refusal("File", $"{path} cannot be read.");
        }
    }

    private static RbacInput? Refuse(string message)
    {
        Console.Refuse(TextTable.Shown(message));
        return null;
    }
}

using System.CommandLine;
using Lapse.Infrastructure.Kubernetes;
using Lapse.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Portal.Hosting.Commands;

/// <summary><c>lapse cluster-rights CLUSTER</c>: prints the least rights that Lapse needs there, as manifests for kubectl.</summary>
internal static class ClusterRightsCommand
{
    public static Command Create()
    {
        var cluster = new Argument<string>("cluster") { Description = "The cluster's name in Lapse." };
        var account = new Option<string>("--account") { Description = "NAMESPACE/NAME of the ServiceAccount that Lapse uses there.", DefaultValueFactory = _ => $"{PortalAccount.Default.Namespace}/{PortalAccount.Default.Name}" };
        var audit = new Option<AuditRights>("--audit") { Description = "What it may read for the audit: None, Workloads, or Tokens, which is the right to list Secrets.", DefaultValueFactory = _ => AuditRights.Workloads };
        var command = new Command("cluster-rights", "Print the least rights that Lapse needs in a cluster, from its catalogue (needs ConnectionStrings:Portal).") { cluster, account, audit };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(cluster), parsed.GetRequiredValue(account), parsed.GetRequiredValue(audit), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string name, string account, AuditRights audit, CancellationToken cancellation)
    {
        if (account.Split('/') is not [{ Length: > 0 } accountNamespace, { Length: > 0 } accountName]) return Console.Refuse("--account wants NAMESPACE/NAME.");
        await using var services = VerbServices.WithDatabase(Configuration.Read());
        if (services is null) return Console.Refuse("ConnectionStrings:Portal is not set.");
        await using var db = await services.GetRequiredService<IDbContextFactory<PortalDbContext>>().CreateDbContextAsync(cancellation);
        var cluster = await db.Clusters.AsNoTracking().SingleOrDefaultAsync(c => c.Name == name, cancellation);
        if (cluster is null) return Console.Refuse($"There is no cluster {name}.");
        var entries = await db.ElevatedRoles.Where(r => r.RetiredAt == null)
            .Join(db.ElevatedRoleVersions, r => new { Id = r.Id, Version = r.CurrentVersion }, v => new { Id = v.ElevatedRoleId, v.Version }, (_, v) => v)
            .Where(v => v.ClusterId == cluster.Id).AsNoTracking().ToListAsync(cancellation);
        var manifests = ClusterRights.Manifests(entries.Select(e => new ClusterRightsEntry(e.Namespaces, e.Role)), new PortalAccount(accountNamespace, accountName), audit);
        System.Console.Write(ClusterRights.ToYaml(manifests));
        return 0;
    }
}

using System.CommandLine;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.JustInTime;
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
        var policy = new Option<bool>("--admission-policy") { Description = "Print the ValidatingAdmissionPolicies too, which keep a stolen token of Lapse to that (Kubernetes 1.30 and later)." };
        var command = new Command("cluster-rights", "Print the least rights that Lapse needs in a cluster, from its catalogue and its reviewed removals of standing bindings (needs ConnectionStrings:Portal).") { cluster, account, audit, policy };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetRequiredValue(cluster), parsed.GetRequiredValue(account), parsed.GetRequiredValue(audit), parsed.GetValue(policy), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string name, string account, AuditRights audit, bool policy, CancellationToken cancellation)
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
        var standing = await StandingBindings.InHandAsync(db, cluster.Id, cancellation);
        var (rights, portal) = (entries.Select(e => new ClusterRightsEntry(e.Namespaces, e.Role)).ToList(), new PortalAccount(accountNamespace, accountName));
        System.Console.Write(ClusterRights.ToYaml(ClusterRights.Manifests(rights, portal, audit, standing)));
        if (policy) System.Console.Write(ClusterRights.ToYaml(AdmissionPolicy.Manifests(rights, portal, Prefix(cluster.UserNamePrefix), Longest(entries), standing)));
        return 0;
    }

    private static string Prefix(string prefix) => prefix == ClusterUserName.NoPrefix ? "" : prefix;

    // Nothing lives longer than the longest entry says, a minute to become usable, and one for clocks that differ.
    private static TimeSpan Longest(IEnumerable<ElevatedRoleVersion> entries) =>
        entries.Select(entry => entry.Maximum).DefaultIfEmpty(ElevatedRoleRules.ShortestDuration).Max() + Grant.UsableWithin + TimeSpan.FromMinutes(1);
}

using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.Workflows;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class ClusterConfiguration : IEntityTypeConfiguration<Cluster>
{
    public void Configure(EntityTypeBuilder<Cluster> cluster)
    {
        cluster.ToTable("clusters");
        cluster.HasKey(c => c.Id);
        cluster.HasIndex(c => c.Name).IsUnique();
        cluster.Property(c => c.Name).HasMaxLength(63);
        cluster.Property(c => c.Title).HasMaxLength(120);
        cluster.Property(c => c.Server).HasMaxLength(500);
        cluster.Property(c => c.UserNameClaim).HasMaxLength(100);
        cluster.Property(c => c.UserNamePrefix).HasMaxLength(100);
        cluster.Property(c => c.GroupsClaim).HasMaxLength(100);
        cluster.Property(c => c.GroupsPrefix).HasMaxLength(100);
        cluster.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class ClusterIdentityConfiguration : IEntityTypeConfiguration<ClusterIdentity>
{
    public void Configure(EntityTypeBuilder<ClusterIdentity> identity)
    {
        identity.ToTable("cluster_identities");
        identity.HasKey(i => new { i.ClusterId, i.UserName });
        identity.Property(i => i.UserName).HasMaxLength(300);
        identity.HasOne<Cluster>().WithMany().HasForeignKey(i => i.ClusterId).OnDelete(DeleteBehavior.Restrict);
        identity.HasOne<Person>().WithMany().HasForeignKey(i => i.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ClusterHealthConfiguration : IEntityTypeConfiguration<ClusterHealth>
{
    public void Configure(EntityTypeBuilder<ClusterHealth> health)
    {
        health.ToTable("cluster_health");
        health.HasKey(h => h.ClusterId);
        health.Property(h => h.Message).HasMaxLength(2000);
        health.Property(h => h.ServerVersion).HasMaxLength(100);
        health.Property(h => h.Missing).HasColumnType("jsonb").HasConversion(new JsonText<IReadOnlyList<MissingRight>>(), JsonText<IReadOnlyList<MissingRight>>.Comparer);
        health.Property(h => h.RightsCheckedFor).HasMaxLength(64);
        // With defaults in the database: the portal of the release before writes rows without them.
        health.Property(h => h.Reaper).HasDefaultValue(ReaperState.None);
        health.Property(h => h.ReaperMessage).HasMaxLength(1000).HasDefaultValue("");
        health.HasOne<Cluster>().WithOne().HasForeignKey<ClusterHealth>(h => h.ClusterId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RoleSnapshotConfiguration : IEntityTypeConfiguration<RoleSnapshot>
{
    public void Configure(EntityTypeBuilder<RoleSnapshot> snapshot)
    {
        snapshot.ToTable("role_snapshots");
        snapshot.HasKey(s => new { s.ClusterId, s.RoleKind, s.RoleName, s.Namespace });
        snapshot.Property(s => s.RoleName).HasMaxLength(253);
        snapshot.Property(s => s.Namespace).HasMaxLength(63);
        snapshot.HasOne<Cluster>().WithMany().HasForeignKey(s => s.ClusterId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ElevatedRoleConfiguration : IEntityTypeConfiguration<ElevatedRole>
{
    public void Configure(EntityTypeBuilder<ElevatedRole> role)
    {
        role.ToTable("elevated_roles");
        role.HasKey(r => r.Id);
        role.HasIndex(r => r.Name).IsUnique();
        role.Property(r => r.Name).HasMaxLength(63);
        role.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class ElevatedRoleVersionConfiguration : IEntityTypeConfiguration<ElevatedRoleVersion>
{
    public void Configure(EntityTypeBuilder<ElevatedRoleVersion> version)
    {
        version.ToTable("elevated_role_versions");
        version.HasKey(v => new { v.ElevatedRoleId, v.Version });
        version.Property(v => v.Title).HasMaxLength(120);
        version.Property(v => v.Description).HasMaxLength(2000);
        version.Property(v => v.RoleName).HasMaxLength(253);
        version.Property(v => v.Attestation).HasColumnType("jsonb").HasConversion(new JsonText<Attestation>(), JsonText<Attestation>.Comparer);
        version.Ignore(v => v.Role);
        version.HasIndex(v => v.WorkflowId);
        version.HasOne<ElevatedRole>().WithMany().HasForeignKey(v => v.ElevatedRoleId).OnDelete(DeleteBehavior.Restrict);
        version.HasOne<Cluster>().WithMany().HasForeignKey(v => v.ClusterId).OnDelete(DeleteBehavior.Restrict);
        version.HasOne<Workflow>().WithMany().HasForeignKey(v => v.WorkflowId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class WorkflowConfiguration : IEntityTypeConfiguration<Workflow>
{
    public void Configure(EntityTypeBuilder<Workflow> workflow)
    {
        workflow.ToTable("workflows");
        workflow.HasKey(w => w.Id);
        workflow.HasIndex(w => w.Name).IsUnique();
        workflow.Property(w => w.Name).HasMaxLength(63);
        workflow.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class WorkflowVersionConfiguration : IEntityTypeConfiguration<WorkflowVersion>
{
    public void Configure(EntityTypeBuilder<WorkflowVersion> version)
    {
        version.ToTable("workflow_versions");
        version.HasKey(v => new { v.WorkflowId, v.Version });
        version.Property(v => v.Title).HasMaxLength(120);
        version.Property(v => v.Stages).HasColumnType("jsonb").HasConversion(new JsonText<List<ApprovalStage>>(), JsonText<List<ApprovalStage>>.Comparer);
        version.Property(v => v.Attestation).HasColumnType("jsonb").HasConversion(new JsonText<Attestation>(), JsonText<Attestation>.Comparer);
        version.Ignore(v => v.ApproverGroups);
        version.HasOne<Workflow>().WithMany().HasForeignKey(v => v.WorkflowId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ConfigurationChangeConfiguration : IEntityTypeConfiguration<ConfigurationChange>
{
    public void Configure(EntityTypeBuilder<ConfigurationChange> change)
    {
        // What is settled keeps no credential, whatever code settles it.
        change.ToTable("configuration_changes", table => table.HasCheckConstraint("ck_configuration_changes_secret", "sealed_secret IS NULL OR status IN ('Draft', 'AwaitingSecondAdmin')"));
        change.HasKey(c => c.Id);
        change.Property(c => c.Title).HasMaxLength(300);
        change.HasIndex(c => new { c.Status, c.CreatedAt });
        change.HasIndex(c => new { c.Status, c.ExpiresAt });
        change.HasIndex(c => new { c.Kind, c.SubjectId });
        change.HasOne<Person>().WithMany().HasForeignKey(c => c.AuthorId).OnDelete(DeleteBehavior.Restrict);
        change.Property<uint>("xmin").IsRowVersion();
    }
}

using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.Rbac.State;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

// Lists are text and not jsonb, which does not take U+0000: the name of a role may have it.
internal sealed class RbacSnapshotConfiguration : IEntityTypeConfiguration<RbacSnapshot>
{
    public void Configure(EntityTypeBuilder<RbacSnapshot> snapshot)
    {
        snapshot.ToTable("rbac_snapshots");
        snapshot.HasKey(s => s.Id);
        // Two replicas that write the same number: one of them did not see what the other wrote.
        snapshot.HasIndex(s => new { s.ClusterId, s.Number }).IsUnique();
        snapshot.HasIndex(s => new { s.ClusterId, s.TakenAt });
        snapshot.Property(s => s.Objects).HasColumnType("text").HasConversion(new JsonText<IReadOnlyDictionary<string, int>>(), JsonText<IReadOnlyDictionary<string, int>>.Comparer);
        snapshot.Property(s => s.Gaps).HasColumnType("text").HasConversion(new JsonText<IReadOnlyList<Gap>>(), JsonText<IReadOnlyList<Gap>>.Comparer);
        snapshot.Property(s => s.NotEvaluated).HasColumnType("text").HasConversion(new JsonText<IReadOnlyList<NotEvaluated>>(), JsonText<IReadOnlyList<NotEvaluated>>.Comparer);
        snapshot.HasOne<Cluster>().WithMany().HasForeignKey(s => s.ClusterId).OnDelete(DeleteBehavior.Restrict);
        // What is still referenced cannot be cleaned away.
        snapshot.HasOne<RbacContent>().WithMany().HasForeignKey(s => s.ServedDigest).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RbacObjectVersionConfiguration : IEntityTypeConfiguration<RbacObjectVersion>
{
    public void Configure(EntityTypeBuilder<RbacObjectVersion> version)
    {
        version.ToTable("rbac_objects");
        version.HasKey(v => v.Id);
        version.Property(v => v.Id).UseIdentityAlwaysColumn();
        version.Property(v => v.Kind).HasMaxLength(63);
        version.Property(v => v.Uid).HasMaxLength(100);
        version.HasIndex(v => new { v.ClusterId, v.Key }).IsUnique().HasFilter("until IS NULL").HasDatabaseName("ix_rbac_objects_standing");
        version.HasIndex(v => new { v.ClusterId, v.Until });
        version.HasIndex(v => new { v.ClusterId, v.Since });
        version.HasOne<Cluster>().WithMany().HasForeignKey(v => v.ClusterId).OnDelete(DeleteBehavior.Restrict);
        version.HasOne<RbacContent>().WithMany().HasForeignKey(v => v.Digest).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class RbacContentConfiguration : IEntityTypeConfiguration<RbacContent>
{
    public void Configure(EntityTypeBuilder<RbacContent> content)
    {
        content.ToTable("rbac_contents");
        content.HasKey(c => c.Digest);
        content.Property(c => c.Digest).ValueGeneratedNever();
    }
}

internal sealed class RbacLookConfiguration : IEntityTypeConfiguration<RbacLook>
{
    public void Configure(EntityTypeBuilder<RbacLook> look)
    {
        look.ToTable("rbac_looks");
        look.HasKey(l => l.ClusterId);
        look.Property(l => l.Failure).HasMaxLength(1000);
        look.Property(l => l.RbacDigest).HasMaxLength(64);
        look.Property(l => l.WorkloadsDigest).HasMaxLength(64);
        look.Property(l => l.AuditedWith).HasMaxLength(64);
        look.HasOne<Cluster>().WithOne().HasForeignKey<RbacLook>(l => l.ClusterId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class KeptFindingConfiguration : IEntityTypeConfiguration<KeptFinding>
{
    public void Configure(EntityTypeBuilder<KeptFinding> finding)
    {
        finding.ToTable("rbac_findings");
        finding.HasKey(f => new { f.ClusterId, f.Fingerprint });
        finding.Property(f => f.Fingerprint).HasMaxLength(32);
        finding.Property(f => f.CheckId).HasMaxLength(20);
        finding.Property(f => f.Title).HasMaxLength(200);
        finding.Property(f => f.Evidence).HasMaxLength(KeptFinding.LongestText);
        finding.Property(f => f.Fix).HasMaxLength(KeptFinding.LongestText);
        finding.Property(f => f.AcceptedBecause).HasMaxLength(KeptFinding.LongestName).HasDefaultValue("");
        finding.Property(f => f.Rules).HasColumnType("text").HasConversion(new JsonText<IReadOnlyList<KeptRule>>(), JsonText<IReadOnlyList<KeptRule>>.Comparer);
        finding.Ignore(f => f.Severity);
        finding.Ignore(f => f.Subject);
        // The order of the list.
        finding.HasIndex(f => new { f.ClusterId, f.Gravity, f.CheckId, f.Fingerprint }).IsDescending(false, true, false, false).HasFilter("gone_at IS NULL").HasDatabaseName("ix_rbac_findings_standing");
        finding.HasIndex(f => f.GoneAt);
        finding.HasOne<Cluster>().WithMany().HasForeignKey(f => f.ClusterId).OnDelete(DeleteBehavior.Restrict);
        finding.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class FindingAcceptanceConfiguration : IEntityTypeConfiguration<FindingAcceptance>
{
    public void Configure(EntityTypeBuilder<FindingAcceptance> acceptance)
    {
        acceptance.ToTable("rbac_acceptances");
        acceptance.HasKey(a => a.Id);
        acceptance.HasIndex(a => new { a.ClusterId, a.Fingerprint, a.Id });
        acceptance.Property(a => a.Fingerprint).HasMaxLength(32);
        acceptance.Property(a => a.Reason).HasMaxLength(FindingAcceptance.LongestReason);
        acceptance.Property(a => a.Owner).HasMaxLength(FindingAcceptance.LongestOwner);
        acceptance.HasOne<KeptFinding>().WithMany().HasForeignKey(a => new { a.ClusterId, a.Fingerprint }).OnDelete(DeleteBehavior.Restrict);
        acceptance.HasOne<Person>().WithMany().HasForeignKey(a => a.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

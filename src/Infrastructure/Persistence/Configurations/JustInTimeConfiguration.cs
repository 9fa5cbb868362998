using Lapse.Domain.Catalogue;
using Lapse.Domain.JustInTime;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class StandingRemovalConfiguration : IEntityTypeConfiguration<StandingRemoval>
{
    public void Configure(EntityTypeBuilder<StandingRemoval> removal)
    {
        removal.ToTable("standing_removals");
        removal.HasKey(r => r.Id);
        removal.Property(r => r.Namespace).HasMaxLength(63);
        removal.Property(r => r.Name).HasMaxLength(StandingRules.LongestName);
        removal.Property(r => r.Uid).HasMaxLength(100);
        removal.Property(r => r.Digest).HasMaxLength(64);
        removal.Property(r => r.Message).HasMaxLength(StandingRemoval.LongestMessage);
        removal.Property(r => r.RestoredUid).HasMaxLength(100);
        removal.HasIndex(r => new { r.ChangeId, r.Position }).IsUnique();
        // One object is taken away by one change at a time.
        removal.HasIndex(r => new { r.ClusterId, r.Uid }).IsUnique().HasFilter("status IN ('Waiting', 'Removing')").HasDatabaseName("ix_standing_removals_open");
        removal.HasIndex(r => new { r.ClusterId, r.Id });
        removal.HasIndex(r => r.DueAt).HasFilter("status IN ('Waiting', 'Removing', 'Restoring')").HasDatabaseName("ix_standing_removals_due");
        removal.HasOne<ConfigurationChange>().WithMany().HasForeignKey(r => r.ChangeId).OnDelete(DeleteBehavior.Restrict);
        removal.HasOne<Cluster>().WithMany().HasForeignKey(r => r.ClusterId).OnDelete(DeleteBehavior.Restrict);
        removal.HasOne<ElevatedRole>().WithMany().HasForeignKey(r => r.ElevatedRoleId).OnDelete(DeleteBehavior.Restrict);
        removal.Ignore(r => r.Kind);
        removal.Ignore(r => r.Reference);
        removal.Property<uint>("xmin").IsRowVersion();
    }
}

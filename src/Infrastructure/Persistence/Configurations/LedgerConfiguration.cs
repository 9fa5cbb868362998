using Lapse.Domain.Ledger;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class LedgerEntryConfiguration : IEntityTypeConfiguration<LedgerEntry>
{
    public void Configure(EntityTypeBuilder<LedgerEntry> entry)
    {
        entry.ToTable("ledger_entries");
        entry.HasKey(e => e.Sequence);
        entry.Property(e => e.Sequence).ValueGeneratedNever();
        entry.Property(e => e.Actor).HasMaxLength(100);
        entry.Property(e => e.Act).HasMaxLength(60);
        entry.Property(e => e.Subject).HasMaxLength(300);
        entry.HasIndex(e => new { e.Subject, e.Sequence });
        entry.HasIndex(e => new { e.Actor, e.Sequence });
        entry.HasIndex(e => new { e.Act, e.Sequence });
        entry.HasIndex(e => e.Time);
    }
}

internal sealed class LedgerHeadConfiguration : IEntityTypeConfiguration<LedgerHead>
{
    public void Configure(EntityTypeBuilder<LedgerHead> head)
    {
        head.ToTable("ledger_head", table => table.HasCheckConstraint("ck_ledger_head_one_row", "id = 1"));
        head.HasKey(h => h.Id);
        head.Property(h => h.Id).ValueGeneratedNever();
        head.HasData(new LedgerHead { Id = 1, Sequence = 0, Hash = LedgerEntry.Genesis });
    }
}

internal sealed class KeptCheckpointConfiguration : IEntityTypeConfiguration<KeptCheckpoint>
{
    public void Configure(EntityTypeBuilder<KeptCheckpoint> checkpoint)
    {
        checkpoint.ToTable("ledger_checkpoints");
        checkpoint.HasKey(c => c.Id);
        checkpoint.Property(c => c.Id).UseIdentityAlwaysColumn();
        checkpoint.Property(c => c.Text).HasMaxLength(SignedCheckpoint.LongestText);
        checkpoint.HasIndex(c => new { c.Sequence, c.Id });
    }
}

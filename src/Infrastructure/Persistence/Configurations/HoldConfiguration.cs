using Lapse.Domain.Holds;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class HoldConfiguration : IEntityTypeConfiguration<Hold>
{
    public void Configure(EntityTypeBuilder<Hold> hold)
    {
        hold.ToTable("holds");
        hold.HasKey(h => h.Id);
        hold.Property(h => h.Why).HasMaxLength(Hold.LongestWhy);
        hold.Property(h => h.BegunBy).HasMaxLength(100);
        hold.Property(h => h.Witness).HasMaxLength(Domain.Ledger.SignedCheckpoint.LongestText);
    }
}

internal sealed class HoldEndConfiguration : IEntityTypeConfiguration<HoldEnd>
{
    public void Configure(EntityTypeBuilder<HoldEnd> end)
    {
        end.ToTable("hold_ends");
        end.HasKey(e => e.HoldId);
        end.HasOne<Hold>().WithOne().HasForeignKey<HoldEnd>(e => e.HoldId).OnDelete(DeleteBehavior.Restrict);
        end.HasOne<Person>().WithMany().HasForeignKey(e => e.EndedBy).OnDelete(DeleteBehavior.Restrict);
        end.HasOne<StepUpProof>().WithMany().HasForeignKey(e => e.ProofId).OnDelete(DeleteBehavior.Restrict);
    }
}

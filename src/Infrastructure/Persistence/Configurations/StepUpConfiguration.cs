using Lapse.Domain.Access;
using Lapse.Domain.People;
using Lapse.Domain.StepUp;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class StepUpChallengeConfiguration : IEntityTypeConfiguration<StepUpChallenge>
{
    public void Configure(EntityTypeBuilder<StepUpChallenge> challenge)
    {
        challenge.ToTable("step_up_challenges");
        challenge.HasKey(c => c.Id);
        challenge.Property(c => c.Comment).HasMaxLength(DecisionRules.LongestComment);
        challenge.Property(c => c.ReturnTo).HasMaxLength(500);
        challenge.Property(c => c.RefusalCode).HasMaxLength(60);
        challenge.Property(c => c.RefusalMessage).HasMaxLength(1000);
        challenge.Ignore(c => c.Nonce);
        challenge.Property<uint>("xmin").IsRowVersion();
        challenge.HasIndex(c => new { c.PersonId, c.CreatedAt });
        challenge.HasOne<Person>().WithMany().HasForeignKey(c => c.PersonId).OnDelete(DeleteBehavior.Restrict);
        challenge.HasOne<SignInSession>().WithMany().HasForeignKey(c => c.SessionId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class StepUpProofConfiguration : IEntityTypeConfiguration<StepUpProof>
{
    public void Configure(EntityTypeBuilder<StepUpProof> proof)
    {
        proof.ToTable("step_up_proofs");
        proof.HasKey(p => p.Id);
        proof.Property(p => p.Issuer).HasMaxLength(500);
        proof.Property(p => p.Subject).HasMaxLength(255);
        proof.Property(p => p.Nonce).HasMaxLength(200);
        proof.Property(p => p.Acr).HasMaxLength(300);
        proof.Property(p => p.KeyId).HasMaxLength(300);
        proof.HasIndex(p => p.ChallengeId).IsUnique();
        proof.HasIndex(p => p.Nonce).IsUnique();
        proof.HasIndex(p => new { p.PersonId, p.AuthenticatedAt }).IsUnique().HasDatabaseName(UniqueIndexes.OncePerAuthentication);
        proof.HasIndex(p => p.TokenHash).IsUnique();
        proof.HasOne<StepUpChallenge>().WithMany().HasForeignKey(p => p.ChallengeId).OnDelete(DeleteBehavior.Restrict);
        proof.HasOne<Person>().WithMany().HasForeignKey(p => p.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class ProviderKeyConfiguration : IEntityTypeConfiguration<ProviderKey>
{
    public void Configure(EntityTypeBuilder<ProviderKey> key)
    {
        key.ToTable("provider_keys");
        key.HasKey(k => new { k.Issuer, k.KeyId });
        key.Property(k => k.Issuer).HasMaxLength(500);
        key.Property(k => k.KeyId).HasMaxLength(300);
    }
}

internal sealed class ProviderSelfTestConfiguration : IEntityTypeConfiguration<ProviderSelfTest>
{
    public void Configure(EntityTypeBuilder<ProviderSelfTest> test)
    {
        test.ToTable("provider_self_tests");
        test.HasKey(t => new { t.SettingsDigest, t.TestedAt });
        test.HasOne<Person>().WithMany().HasForeignKey(t => t.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

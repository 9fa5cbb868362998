using Lapse.Domain.People;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class PersonConfiguration : IEntityTypeConfiguration<Person>
{
    public void Configure(EntityTypeBuilder<Person> person)
    {
        person.ToTable("people");
        person.HasKey(p => p.Id);
        person.HasIndex(p => new { p.Issuer, p.Subject }).IsUnique();
        person.HasIndex(p => p.Groups).HasMethod("gin");
        person.HasIndex(p => new { p.LastSeenAt, p.Id });
        person.HasIndex(p => p.DisabledAt).HasFilter("disabled_at IS NOT NULL");
        person.Property(p => p.DisabledWhy).HasMaxLength(500).HasDefaultValue("");
        person.Property(p => p.Issuer).HasMaxLength(500);
        person.Property(p => p.Subject).HasMaxLength(255);
        person.Property(p => p.Name).HasMaxLength(300);
        person.Property(p => p.UserName).HasMaxLength(300);
        person.Property<uint>("xmin").IsRowVersion();
    }
}

internal sealed class SignInSessionConfiguration : IEntityTypeConfiguration<SignInSession>
{
    public void Configure(EntityTypeBuilder<SignInSession> session)
    {
        session.ToTable("sign_in_sessions");
        session.HasKey(s => s.Id);
        session.HasIndex(s => new { s.PersonId, s.StartedAt });
        session.Property(s => s.Claims).HasColumnType("jsonb").HasConversion(new JsonText<Dictionary<string, string>>(), JsonText<Dictionary<string, string>>.Comparer);
        session.HasOne<Person>().WithMany().HasForeignKey(s => s.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

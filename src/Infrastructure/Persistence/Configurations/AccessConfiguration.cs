using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.People;
using Lapse.Domain.Workflows;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Lapse.Infrastructure.Persistence.Configurations;

internal sealed class AccessRequestConfiguration : IEntityTypeConfiguration<AccessRequest>
{
    /// <summary>The backstop of “no second identical request”.</summary>
    public const string OpenKeyIndex = "ix_access_requests_open_key";

    public void Configure(EntityTypeBuilder<AccessRequest> request)
    {
        request.ToTable("access_requests");
        request.HasKey(r => r.Id);
        request.Property(r => r.RoleName).HasMaxLength(253);
        request.Property(r => r.Reason).HasMaxLength(RequestRules.LongestReason);
        request.Property(r => r.Ticket).HasMaxLength(RequestRules.LongestTicket);
        request.Property(r => r.ClusterUserName).HasMaxLength(300);
        request.Property(r => r.AskedRulesDigest).HasMaxLength(64);
        request.Property(r => r.Status).IsConcurrencyToken();
        request.Property(r => r.Version).IsConcurrencyToken();
        request.Property<uint>("xmin").IsRowVersion();
        request.Ignore(r => r.Role);
        request.HasIndex(r => r.OpenKey).IsUnique().HasDatabaseName(OpenKeyIndex);
        request.HasIndex(r => new { r.RequesterId, r.CreatedAt });
        request.HasIndex(r => r.ApproverGroups).HasMethod("gin").HasFilter("status = 'AwaitingApproval'");
        request.HasIndex(r => new { r.Status, r.ExpiresAt });
        request.HasIndex(r => r.SubmittedAt);
        // The open ones of everybody, or of a person, among a million: the list of them ends where they end.
        request.HasIndex(r => new { r.SubmittedAt, r.Id }).HasFilter("status IN ('Draft', 'AwaitingApproval')").HasDatabaseName("ix_access_requests_open");
        request.HasIndex(r => new { r.RequesterId, r.CreatedAt, r.Id }).HasFilter("status IN ('Draft', 'AwaitingApproval')").HasDatabaseName("ix_access_requests_open_of_requester");
        request.HasIndex(r => r.ExtendsId).HasFilter("extends_id IS NOT NULL");
        request.HasOne<AccessRequest>().WithMany().HasForeignKey(r => r.ExtendsId).OnDelete(DeleteBehavior.Restrict);
        request.HasOne<Person>().WithMany().HasForeignKey(r => r.RequesterId).OnDelete(DeleteBehavior.Restrict);
        request.HasOne<ElevatedRoleVersion>().WithMany().HasForeignKey(r => new { r.ElevatedRoleId, r.ElevatedRoleVersion }).OnDelete(DeleteBehavior.Restrict);
        request.HasOne<WorkflowVersion>().WithMany().HasForeignKey(r => new { r.WorkflowId, r.WorkflowVersion }).OnDelete(DeleteBehavior.Restrict);
        request.HasOne<Cluster>().WithMany().HasForeignKey(r => r.ClusterId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class DecisionConfiguration : IEntityTypeConfiguration<Decision>
{
    /// <summary>The backstop of “one person, one decision”.</summary>
    public const string OncePerPersonIndex = "ix_decisions_once_per_person";

    public void Configure(EntityTypeBuilder<Decision> decision)
    {
        decision.ToTable("decisions");
        decision.HasKey(d => d.Id);
        decision.Property(d => d.Comment).HasMaxLength(DecisionRules.LongestComment);
        decision.HasIndex(d => new { d.RequestId, d.RequestVersion, d.PersonId }).IsUnique().HasDatabaseName(OncePerPersonIndex);
        decision.HasIndex(d => d.ProofId).IsUnique();
        decision.HasIndex(d => new { d.PersonId, d.DecidedAt });
        decision.HasOne<AccessRequest>().WithMany().HasForeignKey(d => d.RequestId).OnDelete(DeleteBehavior.Restrict);
        decision.HasOne<Person>().WithMany().HasForeignKey(d => d.PersonId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class GrantConfiguration : IEntityTypeConfiguration<Grant>
{
    public void Configure(EntityTypeBuilder<Grant> grant)
    {
        grant.ToTable("grants");
        grant.HasKey(g => g.Id);
        grant.Property(g => g.Namespace).HasMaxLength(63);
        grant.Property(g => g.RoleName).HasMaxLength(253);
        grant.Property(g => g.ClusterUserName).HasMaxLength(300);
        grant.Property(g => g.LeaseOwner).HasMaxLength(100);
        grant.Property(g => g.LastError).HasMaxLength(2000);
        grant.Property(g => g.ProbeUser).HasMaxLength(100);
        grant.Property(g => g.BindingUid).HasMaxLength(100);
        grant.Property(g => g.AlreadyHadBy).HasMaxLength(500);
        grant.Property(g => g.Status).IsConcurrencyToken();
        grant.Property<uint>("xmin").IsRowVersion();
        grant.Ignore(g => g.Role);
        // One grant for each place that a request version asked for; created twice is impossible.
        grant.HasIndex(g => new { g.RequestId, g.RequestVersion, g.Namespace }).IsUnique().AreNullsDistinct(false);
        grant.HasIndex(g => g.ProbeUser).IsUnique();
        // What a worker may take, in the order in which it is taken.
        grant.HasIndex(g => new { g.Status, g.DueAt }).HasFilter("lease_owner IS NULL AND due_at IS NOT NULL").HasDatabaseName("ix_grants_waiting");
        // Asked every three seconds by every replica; a million grants that are over are not looked through for it.
        grant.HasIndex(g => g.LeaseOwner).HasFilter("lease_owner IS NOT NULL");
        // What somebody holds now: a few rows, whatever they held before.
        grant.HasIndex(g => g.PersonId).HasFilter("status NOT IN ('Ended', 'Failed')").HasDatabaseName("ix_grants_live_of_person");
        // Those that are over and were not looked after yet.
        grant.HasIndex(g => g.EndedAt).HasFilter("looked_after_at IS NULL AND binding_uid IS NOT NULL");
        grant.HasIndex(g => new { g.PersonId, g.CreatedAt });
        grant.HasIndex(g => new { g.ClusterId, g.Status });
        grant.HasIndex(g => new { g.Status, g.EndsAt });
        grant.HasOne<AccessRequest>().WithMany().HasForeignKey(g => g.RequestId).OnDelete(DeleteBehavior.Restrict);
        grant.HasOne<Person>().WithMany().HasForeignKey(g => g.PersonId).OnDelete(DeleteBehavior.Restrict);
        grant.HasOne<Cluster>().WithMany().HasForeignKey(g => g.ClusterId).OnDelete(DeleteBehavior.Restrict);
    }
}

using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Holds;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Domain.People;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.Snapshots;
using Lapse.Domain.StepUp;
using Lapse.Domain.Workflows;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace Lapse.Infrastructure.Persistence;

/// <summary>All records of Lapse. One context serves one operation; it comes from <see cref="IDbContextFactory{TContext}"/>, never from a scope.</summary>
public sealed partial class PortalDbContext(DbContextOptions<PortalDbContext> options) : DbContext(options), IDataProtectionKeyContext
{
    /// <summary>Who signed in at least once.</summary>
    public DbSet<Person> People => Set<Person>();

    /// <summary>Sign-ins of browsers.</summary>
    public DbSet<SignInSession> SignInSessions => Set<SignInSession>();

    /// <summary>Registered API servers.</summary>
    public DbSet<Cluster> Clusters => Set<Cluster>();

    /// <summary>What people are called in clusters.</summary>
    public DbSet<ClusterIdentity> ClusterIdentities => Set<ClusterIdentity>();

    /// <summary>What was last seen of clusters.</summary>
    public DbSet<ClusterHealth> ClusterHealth => Set<ClusterHealth>();

    /// <summary>The rules of roles as last read.</summary>
    public DbSet<RoleSnapshot> RoleSnapshots => Set<RoleSnapshot>();

    /// <summary>Catalogue entries.</summary>
    public DbSet<ElevatedRole> ElevatedRoles => Set<ElevatedRole>();

    /// <summary>What the entries say, version by version.</summary>
    public DbSet<ElevatedRoleVersion> ElevatedRoleVersions => Set<ElevatedRoleVersion>();

    /// <summary>Workflows.</summary>
    public DbSet<Workflow> Workflows => Set<Workflow>();

    /// <summary>What the workflows say, version by version.</summary>
    public DbSet<WorkflowVersion> WorkflowVersions => Set<WorkflowVersion>();

    /// <summary>Changes of the configuration.</summary>
    public DbSet<ConfigurationChange> ConfigurationChanges => Set<ConfigurationChange>();

    /// <summary>Access requests.</summary>
    public DbSet<AccessRequest> AccessRequests => Set<AccessRequest>();

    /// <summary>Decisions on them.</summary>
    public DbSet<Decision> Decisions => Set<Decision>();

    /// <summary>Grants.</summary>
    public DbSet<Grant> Grants => Set<Grant>();

    /// <summary>Demands for step-up.</summary>
    public DbSet<StepUpChallenge> StepUpChallenges => Set<StepUpChallenge>();

    /// <summary>What answered them.</summary>
    public DbSet<StepUpProof> StepUpProofs => Set<StepUpProof>();

    /// <summary>The provider's public keys as first seen.</summary>
    public DbSet<ProviderKey> ProviderKeys => Set<ProviderKey>();

    /// <summary>Self-tests that the provider passed.</summary>
    public DbSet<ProviderSelfTest> ProviderSelfTests => Set<ProviderSelfTest>();

    /// <summary>The ledger. Only <see cref="CommitAsync"/> writes it.</summary>
    public DbSet<LedgerEntry> LedgerEntries => Set<LedgerEntry>();

    /// <summary>The ledger's newest sequence and hash. Only <see cref="CommitAsync"/> writes it.</summary>
    public DbSet<LedgerHead> LedgerHead => Set<LedgerHead>();

    /// <summary>Checkpoints of the ledger.</summary>
    public DbSet<KeptCheckpoint> LedgerCheckpoints => Set<KeptCheckpoint>();

    /// <summary>Holds, open and ended.</summary>
    public DbSet<Hold> Holds => Set<Hold>();

    /// <summary>What ended them.</summary>
    public DbSet<HoldEnd> HoldEnds => Set<HoldEnd>();

    /// <summary>What stood in clusters' RBAC.</summary>
    public DbSet<RbacSnapshot> RbacSnapshots => Set<RbacSnapshot>();

    /// <summary>Which object said what, from when until when.</summary>
    public DbSet<RbacObjectVersion> RbacObjects => Set<RbacObjectVersion>();

    /// <summary>What objects say.</summary>
    public DbSet<RbacContent> RbacContents => Set<RbacContent>();

    /// <summary>When clusters' RBAC was last looked at.</summary>
    public DbSet<RbacLook> RbacLooks => Set<RbacLook>();

    /// <summary>What the audit found, through time.</summary>
    public DbSet<KeptFinding> RbacFindings => Set<KeptFinding>();

    /// <summary>Acceptances of findings and their withdrawals.</summary>
    public DbSet<FindingAcceptance> RbacAcceptances => Set<FindingAcceptance>();

    /// <summary>Standing bindings that reviewed changes take away.</summary>
    public DbSet<StandingRemoval> StandingRemovals => Set<StandingRemoval>();

    /// <inheritdoc/>
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(PortalDbContext).Assembly);
        SnakeCase.Apply(modelBuilder);
    }

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        var c = configurationBuilder;
        c.Properties<Enum>().HaveConversion<string>().HaveMaxLength(40);
        c.Properties<PersonId>().HaveConversion<UuidIdConverter<PersonId>>();
        c.Properties<SignInSessionId>().HaveConversion<UuidIdConverter<SignInSessionId>>();
        c.Properties<ClusterId>().HaveConversion<UuidIdConverter<ClusterId>>();
        c.Properties<ElevatedRoleId>().HaveConversion<UuidIdConverter<ElevatedRoleId>>();
        c.Properties<WorkflowId>().HaveConversion<UuidIdConverter<WorkflowId>>();
        c.Properties<AccessRequestId>().HaveConversion<UuidIdConverter<AccessRequestId>>();
        c.Properties<DecisionId>().HaveConversion<UuidIdConverter<DecisionId>>();
        c.Properties<GrantId>().HaveConversion<UuidIdConverter<GrantId>>();
        c.Properties<StepUpChallengeId>().HaveConversion<UuidIdConverter<StepUpChallengeId>>();
        c.Properties<StepUpProofId>().HaveConversion<UuidIdConverter<StepUpProofId>>();
        c.Properties<HoldId>().HaveConversion<UuidIdConverter<HoldId>>();
        c.Properties<ConfigurationChangeId>().HaveConversion<UuidIdConverter<ConfigurationChangeId>>();
        c.Properties<RbacSnapshotId>().HaveConversion<UuidIdConverter<RbacSnapshotId>>();
        c.Properties<StandingRemovalId>().HaveConversion<UuidIdConverter<StandingRemovalId>>();
        c.Properties<FindingAcceptanceId>().HaveConversion<UuidIdConverter<FindingAcceptanceId>>();
    }
}

using Lapse.Domain;
using Lapse.Infrastructure.Persistence;

namespace Lapse.Portal.Features.Emergency;

/// <summary>Whose access an emergency ends.</summary>
public abstract record EmergencyScope
{
    private EmergencyScope() { }

    /// <summary>How the ledger names it.</summary>
    public abstract string Subject { get; }

    /// <summary>All access of one person.</summary>
    public sealed record OfPerson(PersonId Id) : EmergencyScope
    {
        /// <inheritdoc/>
        public override string Subject => LedgerSubject.Of(Id);
    }

    /// <summary>All access in one cluster.</summary>
    public sealed record InCluster(ClusterId Id) : EmergencyScope
    {
        /// <inheritdoc/>
        public override string Subject => LedgerSubject.Of(Id);
    }

    /// <summary>All access that there is.</summary>
    public sealed record Everything : EmergencyScope
    {
        /// <inheritdoc/>
        public override string Subject => LedgerSubject.Everything;
    }
}

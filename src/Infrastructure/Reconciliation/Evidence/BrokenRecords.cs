using System.Data.Common;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Access;

namespace Lapse.Infrastructure.Reconciliation;

/// <summary>
/// Rows that cannot be read at all: one that is referred to is missing, or holds what Lapse never writes. Lapse does not leave the
/// database so, which is why this is no error to be tried again but evidence that does not hold.
/// </summary>
internal static class BrokenRecords
{
    /// <summary>Whether an exception says that rows are broken, as opposed to a database that does not answer or a defect elsewhere.</summary>
    public static bool Says(Exception exception)
    {
        // Entity Framework wraps a lost connection into an InvalidOperationException of its own.
        for (var inner = exception; inner is not null; inner = inner.InnerException)
            if (inner is DbException or TimeoutException or IOException or OperationCanceledException or ObjectDisposedException) return false;
        return exception is InvalidOperationException or FormatException or JsonException or ArgumentException or KeyNotFoundException or NullReferenceException or InvalidCastException or OverflowException;
    }

    /// <summary>The refusal.</summary>
    public static readonly Refusal Refusal = new("RecordsBroken", "Records that this access leans on are missing, or hold what Lapse never writes.");

    /// <summary>The same about the grant's own row, which then cannot even be given up.</summary>
    public static readonly Refusal GrantRefusal = new("GrantUnreadable", "The grant's own record holds what Lapse never writes.");

    /// <summary>The kind of the alert.</summary>
    public const string AlertKind = nameof(FailureReason.EvidenceMismatch);
}

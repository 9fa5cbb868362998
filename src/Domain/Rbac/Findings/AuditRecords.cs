using System.Collections.Immutable;
using Lapse.Domain.Access;
using Lapse.Domain.Rbac.State;

namespace Lapse.Domain.Rbac.Findings;

/// <summary>What is known of a cluster beyond its state: what was used, what appeared while somebody had access for a time, and who Lapse itself is there.</summary>
public sealed record AuditRecords
{
    /// <summary>What was used; <see langword="null"/> while no activity is recorded.</summary>
    public ObservedActivity? Activity { get; init; }

    /// <summary>What was found after temporary accesses were over; <see langword="null"/> where nobody looked.</summary>
    public ImmutableArray<LeftBehindRecord>? LeftBehind { get; init; }

    /// <summary>Lapse's own accounts there.</summary>
    public ImmutableArray<OwnAccount> Own { get; init; } = [];
}

/// <summary>The requests that were seen in a cluster within a time.</summary>
/// <param name="Since">From when they are complete.</param>
/// <param name="Until">Until when they are complete.</param>
/// <param name="Requests">Each different allowed request by who sent it; who is missing sent none.</param>
public sealed record ObservedActivity(DateTimeOffset Since, DateTimeOffset Until, ImmutableDictionary<Subject, ImmutableArray<AccessQuestion>> Requests);

/// <summary>What one look after one temporary access found.</summary>
/// <param name="Person">Who had the access, in words.</param>
/// <param name="Grant">The access, as Lapse names it.</param>
/// <param name="Left">What was found.</param>
public sealed record LeftBehindRecord(string Person, string Grant, LeftBehind Left);

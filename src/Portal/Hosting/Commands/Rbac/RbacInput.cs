using System.Collections.Immutable;
using Lapse.Domain.Rbac;
using Lapse.Domain.Rbac.Findings;
using Lapse.Domain.Rbac.State;
using Lapse.Infrastructure.Rbac.Manifests;

namespace Lapse.Portal.Hosting.Commands.Rbac;

/// <summary>What a question needs to know of a cluster.</summary>
internal enum RbacNeeds
{
    /// <summary>Roles and bindings.</summary>
    Access,

    /// <summary>Also which ServiceAccounts there are, since groups have them as members.</summary>
    Holders,

    /// <summary>Also what runs, tokens and namespaces: all that a way from one to the next can lead over.</summary>
    Paths,

    /// <summary>Everything that the audit looks at, with what is known beyond the cluster.</summary>
    Everything,
}

/// <summary>What a question is asked of.</summary>
/// <param name="Index">The state, arranged for questions.</param>
/// <param name="Gaps">What could not be read and may change the answer.</param>
/// <param name="AllowUnread">Whether what could not be read is no reason for another exit code.</param>
internal sealed record RbacInput(RbacIndex Index, ImmutableArray<Gap> Gaps, bool AllowUnread)
{
    /// <summary>The manifests that it was read from; <see langword="null"/> for a cluster.</summary>
    public ManifestReading? Manifests { get; init; }

    /// <summary>The cluster that it was read from, as an address or a name; empty for manifests.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>What is worth knowing and leaves nothing out.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What is known beyond the state, for the audit.</summary>
    public AuditRecords Records { get; init; } = new();

    /// <summary>What admins accepted in Lapse: how grave it was then, and until when, by fingerprint.</summary>
    public IReadOnlyDictionary<string, (Severity Severity, DateTimeOffset Until)> Accepted { get; init; } = new Dictionary<string, (Severity, DateTimeOffset)>();

    /// <summary>How many objects were read.</summary>
    public required int Objects { get; init; }

    /// <summary>The exit code of an answer that would mean that all is well, unless part of the input could not be read.</summary>
    public int Unless(int code) => Gaps.IsEmpty || AllowUnread ? code : RbacCommand.Unknown;
}

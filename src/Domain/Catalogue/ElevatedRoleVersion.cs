using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Catalogue;

/// <summary>What a catalogue entry says from one change to the next. Written once; a request pins the version it was made under.</summary>
public sealed class ElevatedRoleVersion
{
    /// <summary>The entry.</summary>
    public required ElevatedRoleId ElevatedRoleId { get; init; }

    /// <summary>1, 2, 3 …</summary>
    public required int Version { get; init; }

    /// <summary>What people call it.</summary>
    public required string Title { get; init; }

    /// <summary>What it is for.</summary>
    public required string Description { get; init; }

    /// <summary>Where.</summary>
    public required ClusterId ClusterId { get; init; }

    /// <summary>How much hangs on the place; an entry may be stricter than its cluster, never looser than its admin says.</summary>
    public required ClusterEnvironment Environment { get; init; }

    /// <summary>The kind of role.</summary>
    public required RoleKind RoleKind { get; init; }

    /// <summary>The role's name in the cluster.</summary>
    public required string RoleName { get; init; }

    /// <summary>The namespaces; empty means cluster-wide.</summary>
    public required string[] Namespaces { get; init; }

    /// <summary>The longest that may be asked for.</summary>
    public required TimeSpan Maximum { get; init; }

    /// <summary>What the form starts with.</summary>
    public required TimeSpan Default { get; init; }

    /// <summary>The workflow that governs it.</summary>
    public required WorkflowId WorkflowId { get; init; }

    /// <summary>Whether one last click is wanted after each step-up (see the design, "Step-up").</summary>
    public required bool ConfirmAfterStepUp { get; init; }

    /// <summary>Who vouches for this version.</summary>
    public required Attestation Attestation { get; init; }

    /// <summary>The admin who made it; <see langword="null"/> for an operator.</summary>
    public PersonId? MadeBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The role as a binding refers to it.</summary>
    public RoleReference Role => new(RoleKind, RoleName);

    /// <summary>Whether its binding is a ClusterRoleBinding.</summary>
    public bool IsClusterWide => Namespaces.Length == 0;

    /// <summary>Everything that decides what access results, canonical (RFC 8785).</summary>
    public JsonObject Canonical() => new()
    {
        ["type"] = "elevated-role",
        ["id"] = ElevatedRoleId.ToString(),
        ["version"] = Version,
        ["title"] = Title,
        ["description"] = Description,
        ["cluster"] = ClusterId.ToString(),
        ["environment"] = Environment.ToString(),
        ["role"] = Role.ToString(),
        ["namespaces"] = new JsonArray([.. Namespaces.Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]),
        ["maximumSeconds"] = Maximum.TotalSeconds,
        ["defaultSeconds"] = Default.TotalSeconds,
        ["workflow"] = WorkflowId.ToString(),
        ["confirmAfterStepUp"] = ConfirmAfterStepUp,
    };

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public byte[] Digest() => CanonicalJson.Digest(Canonical());
}

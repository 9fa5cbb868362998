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

    /// <summary>The version that a canonical form says.</summary>
    /// <param name="canonical">What <see cref="Canonical"/> gave.</param>
    /// <param name="attestation">Who vouches for it.</param>
    /// <param name="madeBy">The admin who made it.</param>
    /// <param name="madeAt">When it came into force.</param>
    /// <exception cref="FormatException">It is not the canonical form of a version.</exception>
    public static ElevatedRoleVersion FromCanonical(JsonObject canonical, Attestation attestation, PersonId? madeBy, DateTimeOffset madeAt)
    {
        try
        {
            var role = canonical["role"]!.GetValue<string>().Split('/', 2);
            var version = new ElevatedRoleVersion
            {
                ElevatedRoleId = new(canonical["id"]!.GetValue<Guid>()),
                Version = canonical["version"]!.GetValue<int>(),
                Title = canonical["title"]!.GetValue<string>(),
                Description = canonical["description"]!.GetValue<string>(),
                ClusterId = new(canonical["cluster"]!.GetValue<Guid>()),
                Environment = Enum.Parse<ClusterEnvironment>(canonical["environment"]!.GetValue<string>()),
                RoleKind = Enum.Parse<RoleKind>(role[0]),
                RoleName = role[1],
                Namespaces = [.. canonical["namespaces"]!.AsArray().Select(n => n!.GetValue<string>())],
                Maximum = TimeSpan.FromSeconds(canonical["maximumSeconds"]!.GetValue<long>()),
                Default = TimeSpan.FromSeconds(canonical["defaultSeconds"]!.GetValue<long>()),
                WorkflowId = new(canonical["workflow"]!.GetValue<Guid>()),
                ConfirmAfterStepUp = canonical["confirmAfterStepUp"]!.GetValue<bool>(),
                Attestation = attestation,
                MadeBy = madeBy,
                MadeAt = madeAt,
            };
            return JsonNode.DeepEquals(version.Canonical(), canonical) ? version : throw new FormatException("There is more in it than an entry says.");
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            throw new FormatException("This is not the canonical form of an entry.", e);
        }
    }
}

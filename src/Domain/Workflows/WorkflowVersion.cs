using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;

namespace Lapse.Domain.Workflows;

/// <summary>What a workflow says from one change to the next. Written once; a request pins the version that governs it.</summary>
public sealed class WorkflowVersion
{
    /// <summary>The workflow.</summary>
    public required WorkflowId WorkflowId { get; init; }

    /// <summary>1, 2, 3 …</summary>
    public required int Version { get; init; }

    /// <summary>What people call it.</summary>
    public required string Title { get; init; }

    /// <summary>Members of any of these groups may ask.</summary>
    public required string[] RequesterGroups { get; init; }

    /// <summary>The rounds of approval in their order; none means that the workflow itself approves.</summary>
    public required List<ApprovalStage> Stages { get; init; }

    /// <summary>How long a request waits for its decisions.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>How long after the wanted start the access may still begin; after that nobody is waiting for it any more.</summary>
    public required TimeSpan ProvisionWithin { get; init; }

    /// <summary>Who vouches for this version.</summary>
    public required Attestation Attestation { get; init; }

    /// <summary>The admin who made it; <see langword="null"/> for an operator.</summary>
    public PersonId? MadeBy { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Whether these groups may ask; unknown groups may not.</summary>
    public bool MayBeRequestedBy(IEnumerable<string>? groups) =>
        groups is not null && groups.Any(g => RequesterGroups.Contains(g, StringComparer.Ordinal));

    /// <summary>The groups that may decide in any stage.</summary>
    public IEnumerable<string> ApproverGroups => Stages.SelectMany(s => s.ApproverGroups).Distinct(StringComparer.Ordinal);

    /// <summary>Everything that it says, canonical (RFC 8785).</summary>
    public JsonObject Canonical() => new()
    {
        ["type"] = "workflow",
        ["id"] = WorkflowId.ToString(),
        ["version"] = Version,
        ["title"] = Title,
        ["requesters"] = Sorted(RequesterGroups),
        ["stages"] = new JsonArray([.. Stages.Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Name,
            ["approvers"] = Sorted(s.ApproverGroups),
            ["approvals"] = s.Approvals,
        })]),
        ["timeToLiveSeconds"] = TimeToLive.TotalSeconds,
        ["provisionWithinSeconds"] = ProvisionWithin.TotalSeconds,
    };

    /// <summary>SHA-256 of <see cref="Canonical"/>.</summary>
    public byte[] Digest() => CanonicalJson.Digest(Canonical());

    /// <summary>The first rule that the version breaks; <see langword="null"/> if none.</summary>
    public Refusal? Check()
    {
        if (Title.Trim().Length is 0 or > 120) return new("TitleLength", "Give the workflow a title of 1 to 120 characters.");
        if (!PlainText.IsLine(Title)) return new("TitleCharacters", "A title is one line.");
        if (RequesterGroups.Length == 0 || RequesterGroups.Any(string.IsNullOrWhiteSpace)) return new("NoRequesters", "Name at least one group that may ask.");
        if (Stages.Count > 5) return new("TooManyStages", "A workflow has at most 5 stages.");
        foreach (var stage in Stages)
        {
            if (stage.Name.Trim().Length is 0 or > 120 || !PlainText.IsLine(stage.Name)) return new("StageName", "Name each stage in one line of 1 to 120 characters.");
            if (stage.ApproverGroups.Count == 0 || stage.ApproverGroups.Any(string.IsNullOrWhiteSpace)) return new("NoApprovers", $"Name at least one group that approves in “{stage.Name}”.");
            if (stage.Approvals is < 1 or > 10) return new("ApprovalsRange", "A stage needs between 1 and 10 approvals.");
        }
        if (RequesterGroups.Concat(ApproverGroups).Any(g => g.Length > 256 || !PlainText.IsLine(g))) return new("GroupName", "A group's name is one line of at most 256 characters.");
        if (TimeToLive < TimeSpan.FromMinutes(5) || TimeToLive > TimeSpan.FromDays(7)) return new("TimeToLiveRange", "A request must wait between 5 minutes and 7 days.");
        if (ProvisionWithin < TimeSpan.FromMinutes(1) || ProvisionWithin > TimeSpan.FromHours(4)) return new("ProvisionWithinRange", "Access must begin within 1 minute to 4 hours of its wanted start.");
        if (TimeToLive.Ticks % TimeSpan.TicksPerSecond != 0) return new("TimeToLiveRange", "The time that a request waits must be whole seconds.");
        if (ProvisionWithin.Ticks % TimeSpan.TicksPerSecond != 0) return new("ProvisionWithinRange", "The time within which access begins must be whole seconds.");
        return null;
    }

    /// <summary>The version that a canonical form says.</summary>
    /// <param name="canonical">What <see cref="Canonical"/> gave.</param>
    /// <param name="attestation">Who vouches for it.</param>
    /// <param name="madeBy">The admin who made it.</param>
    /// <param name="madeAt">When it came into force.</param>
    /// <exception cref="FormatException">It is not the canonical form of a version.</exception>
    public static WorkflowVersion FromCanonical(JsonObject canonical, Attestation attestation, PersonId? madeBy, DateTimeOffset madeAt)
    {
        static string[] Names(JsonNode? array) => [.. array!.AsArray().Select(n => n!.GetValue<string>())];
        try
        {
            var version = new WorkflowVersion
            {
                WorkflowId = new(canonical["id"]!.GetValue<Guid>()),
                Version = canonical["version"]!.GetValue<int>(),
                Title = canonical["title"]!.GetValue<string>(),
                RequesterGroups = Names(canonical["requesters"]),
                Stages = [.. canonical["stages"]!.AsArray().Select(s => new ApprovalStage(s!["name"]!.GetValue<string>(), Names(s["approvers"]), s["approvals"]!.GetValue<int>()))],
                TimeToLive = TimeSpan.FromSeconds(canonical["timeToLiveSeconds"]!.GetValue<long>()),
                ProvisionWithin = TimeSpan.FromSeconds(canonical["provisionWithinSeconds"]!.GetValue<long>()),
                Attestation = attestation,
                MadeBy = madeBy,
                MadeAt = madeAt,
            };
            return JsonNode.DeepEquals(version.Canonical(), canonical) ? version : throw new FormatException("There is more in it than a workflow says.");
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("This is not the canonical form of a workflow.", e);
        }
    }

    private static JsonArray Sorted(IEnumerable<string> names) => new([.. names.Order(StringComparer.Ordinal).Select(n => (JsonNode)n)]);
}

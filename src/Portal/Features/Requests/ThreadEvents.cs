using System.Globalization;
using System.Text.Json;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.Ledger;
using Lapse.Portal.Components.Elements;
using Lapse.Portal.Components.Icons;
using Lapse.Portal.Features.Access;

namespace Lapse.Portal.Features.Requests;

/// <summary>Turns ledger entries into the sentences of a thread. What the ledger says of an act unfolds beneath it, whole.</summary>
public static class ThreadEvents
{
    /// <summary>The person that an entry names as its actor; <see langword="null"/> for Lapse and operators.</summary>
    public static PersonId? ActorOf(LedgerEntry entry) =>
        entry.Actor.StartsWith("person:", StringComparison.Ordinal) && UuidId.TryParse<PersonId>(entry.Actor["person:".Length..], out var id) ? id : null;

    /// <summary>One entry as an event.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="people">Those whom the thread names.</param>
    /// <param name="request">What was asked, such as “edit in payments-prod”.</param>
    /// <param name="grant">The grant that the entry is about; <see langword="null"/> when it is about the request.</param>
    public static ThreadEvent Of(LedgerEntry entry, IReadOnlyDictionary<PersonId, PersonFacts> people, string request, GrantView? grant)
    {
        using var document = JsonDocument.Parse(entry.Content);
        var content = document.RootElement;
        var actor = ActorOf(entry) is { } id ? people.GetValueOrDefault(id) : null;
        var what = grant?.What ?? request;
        var (sentence, tone, icon) = Say(entry, content, what, actor is not null);
        return new(
            entry.Sequence, entry.Time, actor, sentence, tone, icon, Text(content, "comment"),
            content.TryGetProperty("proof", out var proof) ? proof.ValueKind == JsonValueKind.Object ? "Proof of the second factor" : "Proof of the end" : "Details",
            [.. Lines(content), new("ledger entry", entry.Sequence.ToString(CultureInfo.InvariantCulture))]);
    }

    private static (string, Tone, string) Say(LedgerEntry entry, JsonElement content, string what, bool named) => entry.Act switch
    {
        LedgerActs.RequestSubmitted => ($"asked {(Text(content, "extends") is null ? "for" : "to extend")} {what} and confirmed it with a second factor.", Tone.Accent, Glyphs.Shield),
        LedgerActs.RequestApproved => (Flag(content, "complete") ? "approved it, which completes the approval." : "approved it; more approvals are needed.", Tone.Good, Glyphs.Shield),
        LedgerActs.RequestApprovedByRule => ("The workflow approved it; nobody else has to.", Tone.Good, Glyphs.Check),
        LedgerActs.RequestDenied => ("denied it.", Tone.Bad, Glyphs.Denied),
        LedgerActs.RequestWithdrawn when Text(content, "reason") is { } reason && named => ($"withdrew it, since {reason}.", Tone.Neutral, Glyphs.Back),
        LedgerActs.RequestWithdrawn => (named ? "withdrew it." : "Lapse withdrew the draft, which nobody confirmed.", Tone.Neutral, Glyphs.Back),
        LedgerActs.RequestTimedOut => ("Nobody decided in time, so the request ended.", Tone.Neutral, Glyphs.Clock),
        LedgerActs.RequestReopened when Text(content, "reason") is { } reason => ($"voided the approvals, since {reason}. It is decided anew.", Tone.Waiting, Glyphs.Warning),
        LedgerActs.RequestReopened => ("The role allows more than what was asked, so earlier approvals are void and it is decided anew.", Tone.Waiting, Glyphs.Warning),
        LedgerActs.GrantScheduled => ($"Lapse made a grant of {what}.", Tone.Accent, Glyphs.Access),
        LedgerActs.GrantPrepared => ($"Lapse asks the cluster for the binding of {what}.", Tone.Accent, Glyphs.Progress),
        LedgerActs.GrantActive => ($"{Upper(what)} works: the cluster said yes for this binding alone. The clock runs.{AlreadyHad(content)}", Tone.Good, Glyphs.Done),
        LedgerActs.GrantRevoking => (Ending(content, what, named, begins: true), Tone.Waiting, Glyphs.Progress),
        LedgerActs.GrantEnded => (Ending(content, what, named, begins: false), Tone.Neutral, Glyphs.Ended),
        LedgerActs.GrantFailed => ($"{Upper(what)} did not come about, and nothing of it is left in the cluster.", Tone.Bad, Glyphs.Denied),
        LedgerActs.GrantLookedAfter => (LookedAfter(content, what), Flagged(content) ? Tone.Bad : Tone.Neutral, Flagged(content) ? Glyphs.Warning : Glyphs.Check),
        LedgerActs.Alert when Text(content, "kind") == "LeftBehind" => ($"Alert: things appeared where {what} was, while it was there.", Tone.Bad, Glyphs.Warning),
        LedgerActs.Alert => ($"Alert about {what}: something in the cluster is not as it must be.", Tone.Bad, Glyphs.Warning),
        LedgerActs.StepUpRefused => ("did not get through the second factor.", Tone.Bad, Glyphs.Denied),
        var other => ($"{other} ({what})", Tone.Neutral, Glyphs.Info),
    };

    private static string AlreadyHad(JsonElement content) => Text(content, "alreadyHadBy") is { } by ? $" The requester already had this by {by}." : "";

    private static bool Flagged(JsonElement content) => content.TryGetProperty("count", out var count) && count.TryGetInt32(out var number) && number > 0;

    private static string LookedAfter(JsonElement content, string what) =>
        LeftBehind.Read(System.Text.Json.Nodes.JsonNode.Parse(content.GetRawText())) is not { } left ? $"Lapse looked for what {what} left behind."
        : left.Count > 0 ? $"Lapse looked for what {what} left behind: {Words.Count(left.Count, "object")} appeared meanwhile."
        : left.NotLooked.Any(not => not.Kind == "Everything") ? $"Lapse could not look for what {what} left behind."
        : $"Lapse looked for what {what} left behind, and nothing had appeared where it could look.";

    private static string Ending(JsonElement content, string what, bool named, bool begins)
    {
        var reason = Enum.TryParse<EndReason>(Text(content, "reason"), out var known) ? known : (EndReason?)null;
        if (named) return $"{(reason == EndReason.Dropped ? "dropped" : "revoked")} {what}.";
        var why = reason is { } because ? $" because {GrantWords.Of(because)}" : "";
        return begins ? $"Lapse removes {what}{why}." : $"The binding of {what} is proved gone.";
    }

    private static IEnumerable<DetailLine> Lines(JsonElement content, string before = "")
    {
        foreach (var property in content.EnumerateObject())
        {
            if (before.Length == 0 && property.Name == "comment") continue;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Null:
                case JsonValueKind.Array when property.Value.GetArrayLength() == 0:
                // What has parts of its own has a place of its own on the page.
                case JsonValueKind.Array when property.Value.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Object):
                    break;
                case JsonValueKind.Object:
                    foreach (var line in Lines(property.Value, before + Label(property.Name) + " ")) yield return line;
                    break;
                default:
                    yield return Line(before, property);
                    break;
            }
        }
    }

    private static DetailLine Line(string before, JsonProperty property)
    {
        if (property.Name.EndsWith("Seconds", StringComparison.Ordinal) && property.Value.TryGetInt64(out var seconds))
            return new(before + Label(property.Name[..^"Seconds".Length]), Words.Duration(TimeSpan.FromSeconds(seconds)));
        return new(before + Label(property.Name), Value(property.Value));
    }

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Value)),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String => value.GetString() ?? "",
        _ => value.GetRawText(),
    };

    // The names of the ledger in words: durationSeconds, authenticatedAt, tokenSha256.
    private static string Label(string name) => name switch
    {
        "tokenSha256" => "token hash (SHA-256)",
        "acr" or "amr" => name,
        "authenticatedAt" => "authenticated",
        "clusterUser" => "user name in the cluster",
        "uid" => "UID",
        _ => string.Concat(name.Select((letter, at) => at > 0 && char.IsUpper(letter) ? " " + char.ToLowerInvariant(letter) : letter.ToString())),
    };

    private static string? Text(JsonElement content, string name) =>
        content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool Flag(JsonElement content, string name) => content.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static string Upper(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}

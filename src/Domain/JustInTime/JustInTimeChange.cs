using System.Text.Json.Nodes;
using Lapse.Domain.Catalogue;
using Lapse.Domain.Text;

namespace Lapse.Domain.JustInTime;

/// <summary>
/// What one reviewed change says: the catalogue entry that will offer the access, and exactly the standing bindings that go. It is the
/// content of a configuration change, so that the step-ups of its admins commit to every word of it, the manifests included.
/// </summary>
/// <param name="ClusterId">Where.</param>
/// <param name="Entry">The version of the entry: a new entry's first, or the one in force of an entry that offers it already.</param>
/// <param name="MakesEntry">Whether the change makes that version, or leans on one that is there.</param>
/// <param name="Bindings">The bindings that go.</param>
/// <param name="Accepted">Whom the admin accepted to leave without a way to ask.</param>
public sealed record JustInTimeChange(ClusterId ClusterId, ElevatedRoleVersion Entry, bool MakesEntry, IReadOnlyList<ReviewedBinding> Bindings, IReadOnlyList<string> Accepted)
{
    /// <summary>What <c>type</c> says of such a change.</summary>
    public const string Type = "just-in-time";

    /// <summary>The most bindings of one change: more than that nobody reviews.</summary>
    public const int MostBindings = 50;

    /// <summary>The canonical form.</summary>
    public JsonObject Canonical() => new()
    {
        ["type"] = Type,
        ["cluster"] = ClusterId.ToString(),
        ["makesEntry"] = MakesEntry,
        ["entry"] = Entry.Canonical(),
        ["bindings"] = new JsonArray([.. Bindings.Select(binding => (JsonNode)binding.Canonical())]),
        ["accepted"] = new JsonArray([.. Accepted.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]),
    };

    /// <summary>What the content of a change says.</summary>
    /// <param name="after">The change's content, canonical.</param>
    /// <exception cref="FormatException">It is not the content of such a change.</exception>
    public static JustInTimeChange FromCanonical(string after)
    {
        try
        {
            var json = CanonicalJson.Parse(after)!.AsObject();
            var change = new JustInTimeChange(
                new(json["cluster"]!.GetValue<Guid>()),
                ElevatedRoleVersion.FromCanonical(json["entry"]!.AsObject(), new(null, null), null, default),
                json["makesEntry"]!.GetValue<bool>(),
                [.. json["bindings"]!.AsArray().Select(binding => ReviewedBinding.FromCanonical(binding!.AsObject()))],
                [.. json["accepted"]!.AsArray().Select(name => name!.GetValue<string>())]);
            return JsonNode.DeepEquals(change.Canonical(), json) ? change : throw new FormatException("There is more in it than such a change says.");
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("This is not the content of a change from standing to just-in-time.", e);
        }
    }

    /// <summary>The canonical form of the entry version that such a change makes; <see langword="null"/> if it makes none, or is no such change.</summary>
    /// <param name="after">The change's content.</param>
    public static JsonObject? MadeEntry(string after)
    {
        try
        {
            var change = FromCanonical(after);
            return change.MakesEntry ? change.Entry.Canonical() : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

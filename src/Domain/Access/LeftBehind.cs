using System.Text.Json.Nodes;
using Lapse.Domain.Text;

namespace Lapse.Domain.Access;

/// <summary>An object that appeared in a cluster while an access was there. Nothing of its content, only what it is called.</summary>
/// <param name="Kind">Its kind, such as <c>RoleBinding</c>.</param>
/// <param name="Namespace">Its namespace; <see langword="null"/> for what lives outside namespaces.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its UID.</param>
/// <param name="CreatedAt">When the API server says that it was made.</param>
public sealed record AppearedObject(string Kind, string? Namespace, string Name, string Uid, DateTimeOffset CreatedAt)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {(Namespace is null ? "" : Namespace + "/")}{Name}";
}

/// <summary>What could not be looked at.</summary>
/// <param name="Kind">Which kind, in the plural: <c>ServiceAccounts</c>.</param>
/// <param name="Why">Why, in words.</param>
public sealed record NotLookedAt(string Kind, string Why);

/// <summary>
/// What was found in a grant's scope after its end: bindings, ServiceAccounts, token Secrets and certificate requests that appeared while
/// it was there and are not Lapse's. Whoever had the access need not have made them; whoever looks into it begins here.
/// </summary>
/// <param name="Since">From when, by the API server's clock.</param>
/// <param name="Until">Until when, by the API server's clock.</param>
/// <param name="Count">How many appeared.</param>
/// <param name="Objects">The first of them.</param>
/// <param name="NotLooked">What could not be looked at; never taken for nothing.</param>
public sealed record LeftBehind(DateTimeOffset Since, DateTimeOffset Until, int Count, IReadOnlyList<AppearedObject> Objects, IReadOnlyList<NotLookedAt> NotLooked)
{
    /// <summary>The most objects that are named one by one.</summary>
    public const int MostNamed = 50;

    /// <summary>How long after the end it is still looked; what ended before that, or before Lapse did this at all, is not looked after.</summary>
    public static readonly TimeSpan LookWithin = TimeSpan.FromHours(24);

    /// <summary>What the ledger says about it.</summary>
    public JsonObject ToJson() => new()
    {
        ["since"] = CanonicalTime.Text(Since),
        ["until"] = CanonicalTime.Text(Until),
        ["count"] = Count,
        ["objects"] = new JsonArray([.. Objects.Select(one => (JsonNode)new JsonObject
        {
            ["kind"] = one.Kind,
            ["namespace"] = one.Namespace,
            ["name"] = one.Name,
            ["uid"] = one.Uid,
            ["createdAt"] = CanonicalTime.Text(one.CreatedAt),
        })]),
        ["notLooked"] = new JsonArray([.. NotLooked.Select(one => (JsonNode)new JsonObject { ["kind"] = one.Kind, ["why"] = one.Why })]),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote; <see langword="null"/> if it is something else.</summary>
    public static LeftBehind? Read(JsonNode? node)
    {
        try
        {
            return node is not JsonObject said ? null : new(
                Time(said["since"]), Time(said["until"]), said["count"]!.GetValue<int>(),
                [.. said["objects"]!.AsArray().Select(one => new AppearedObject(Text(one, "kind")!, Text(one, "namespace"), Text(one, "name")!, Text(one, "uid")!, Time(one!["createdAt"])))],
                [.. said["notLooked"]!.AsArray().Select(one => new NotLookedAt(Text(one, "kind")!, Text(one, "why")!))]);
        }
        catch (Exception broken) when (broken is NullReferenceException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonNode? node, string name) => node![name]?.GetValue<string>();

    private static DateTimeOffset Time(JsonNode? node) => CanonicalTime.Read(node!.GetValue<string>()) ?? throw new FormatException("No time.");
}

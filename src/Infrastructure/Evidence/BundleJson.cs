using System.Text.Json.Nodes;

namespace Lapse.Infrastructure.Evidence;

/// <summary>Something in a bundle does not hold; the message says what.</summary>
internal sealed class BundleFault(string words) : Exception(words)
{
    /// <summary>Fails unless a condition holds.</summary>
    public static void Unless(bool condition, string words)
    {
        if (!condition) throw new BundleFault(words);
    }
}

/// <summary>Reads parts of a bundle; what is missing or of another kind is a fault.</summary>
internal static class BundleJson
{
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path) node = node is JsonObject found ? found[name] : throw new BundleFault($"{name} is missing.");
        return node;
    }

    public static string? TextOrNull(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw new BundleFault($"{path[^1]} is no text."),
    };

    public static string Text(this JsonNode? node, params ReadOnlySpan<string> path) => node.TextOrNull(path) ?? throw new BundleFault($"{path[^1]} is missing.");

    public static long Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<long>(out var number) ? number : throw new BundleFault($"{path[^1]} is no whole number.");

    public static JsonObject Object(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonObject ?? throw new BundleFault($"{path[^1]} is missing.");

    public static JsonObject? ObjectOrNull(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is null ? null : node.Object(path);

    public static IReadOnlyList<JsonNode?> List(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) is JsonArray list ? [.. list] : throw new BundleFault($"{path[^1]} is no list.");

    public static IReadOnlyList<string> Texts(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        List<string> texts = [];
        foreach (var item in node.List(path)) texts.Add(item is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new BundleFault($"{path[^1]} has something that is no text."));
        return texts;
    }

    public static byte[] Bytes(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        try
        {
            return Convert.FromBase64String(node.Text(path));
        }
        catch (FormatException)
        {
            throw new BundleFault($"{path[^1]} is not base64.");
        }
    }
}

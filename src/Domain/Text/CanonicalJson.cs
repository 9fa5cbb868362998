using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lapse.Domain.Text;

/// <summary>
/// JSON in its one canonical form (RFC 8785, JCS): the same content always gives the same bytes, so that it can be hashed
/// and signed. Whatever has no canonical form is refused with a <see cref="FormatException"/>: NaN and infinities, lone
/// surrogates, duplicate keys, and integers that a double cannot hold (two different ones would get the same text).
/// </summary>
public static class CanonicalJson
{
    /// <summary>How deep objects and arrays may be nested; the limit of System.Text.Json's readers too.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonNodeOptions NodeOptions = new() { PropertyNameCaseInsensitive = false };
    private static readonly JsonDocumentOptions StrictOptions = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = MaxDepth,
    };

    /// <summary>The canonical form as UTF-8 without a byte order mark: the bytes to hash, sign and store.</summary>
    /// <param name="node">The content; <see langword="null"/> is JSON's <c>null</c>.</param>
    /// <exception cref="FormatException">The content has no canonical form.</exception>
    public static byte[] Serialize(JsonNode? node) => Encoding.UTF8.GetBytes(ToText(node));

    /// <summary>The canonical form as text.</summary>
    /// <inheritdoc cref="Serialize"/>
    public static string ToText(JsonNode? node)
    {
        var text = new StringBuilder();
        try
        {
            Write(text, node, 0);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or JsonException)
        {
            // A lazily read object throws on a duplicate key, a number on NaN, an escaped string on a lone surrogate.
            throw new FormatException($"This has no canonical JSON form: {e.Message}", e);
        }

        return text.ToString();
    }

    /// <summary>SHA-256 of the canonical form.</summary>
    /// <inheritdoc cref="Serialize"/>
    public static byte[] Digest(JsonNode? node) => SHA256.HashData(Serialize(node));

    /// <summary>Reads JSON (in canonical form or not) strictly: no duplicate keys, comments or trailing commas.</summary>
    /// <exception cref="FormatException">It is not JSON, has no canonical form, or is nested deeper than <see cref="MaxDepth"/>.</exception>
    public static JsonNode? Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var node = JsonNode.Parse(json, NodeOptions, StrictOptions);
            // Nodes are read lazily: whatever has no canonical form must fail here, not later at its reader.
            _ = ToText(node);
            return node;
        }
        catch (JsonException e)
        {
            throw new FormatException($"Not JSON: {e.Message}", e);
        }
    }

    private static void Write(StringBuilder text, JsonNode? node, int depth)
    {
        if (depth > MaxDepth) throw new FormatException($"JSON is nested deeper than {MaxDepth}.");
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                WriteObject(text, members, depth);
                break;
            case JsonArray items:
                WriteArray(text, items, depth);
                break;
            default:
                WriteValue(text, node.AsValue());
                break;
        }
    }

    private static void WriteObject(StringBuilder text, JsonObject members, int depth)
    {
        // RFC 8785, 3.2.3: names are sorted by their UTF-16 code units, unescaped.
        var sorted = members.OrderBy(member => member.Key, StringComparer.Ordinal);
        var separator = '{';
        foreach (var (name, value) in sorted)
        {
            text.Append(separator);
            WriteString(text, name);
            text.Append(':');
            Write(text, value, depth + 1);
            separator = ',';
        }

        text.Append(separator == '{' ? "{}" : "}");
    }

    private static void WriteArray(StringBuilder text, JsonArray items, int depth)
    {
        text.Append('[');
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(',');
            Write(text, items[i], depth + 1);
        }

        text.Append(']');
    }

    private static void WriteValue(StringBuilder text, JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            case JsonValueKind.Null:
                text.Append("null");
                break;
            case JsonValueKind.Number:
                text.Append(Number(value.ToJsonString()));
                break;
            case JsonValueKind.String:
                // Dates and ids that were put in as values are strings too, but not to GetValue<string>.
                WriteString(text, value.TryGetValue<string>(out var plain)
                    ? plain
                    : JsonSerializer.Deserialize<string>(value.ToJsonString())!);
                break;
            default:
                throw new FormatException("A value that is neither text, number, truth value nor null.");
        }
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsSurrogate(c))
            {
                if (!char.IsSurrogatePair(value, i)) throw new FormatException("A text with half a surrogate pair.");
                text.Append(c).Append(value[++i]);
                continue;
            }

            // RFC 8785, 3.2.2.2: exactly these are escaped, everything else stands as it is.
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\t' => text.Append("\\t"),
                '\n' => text.Append("\\n"),
                '\f' => text.Append("\\f"),
                '\r' => text.Append("\\r"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static string Number(string json)
    {
        var value = double.Parse(json, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(value)) throw new FormatException($"A number out of the range of a double: {json}.");
        var text = EcmaScriptNumber.Format(value);
        if (json.AsSpan().IndexOfAny('.', 'e', 'E') < 0 && Integer(json) != Integer(text))
            throw new FormatException($"An integer that a double cannot hold: {json}. Write it as a text.");
        return text;

        static BigInteger Integer(string digits) => BigInteger.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}

using System.Text.Encodings.Web;
using System.Text.Json;
using Lapse.Domain.Text;

namespace Lapse.Portal.Features.Ledger;

/// <summary>Entries as JSON Lines: one object and one line feed each. The content stands in it byte for byte as it was hashed.</summary>
public static class LedgerJsonLines
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one entry.</summary>
    public static void Write(Stream output, ExportedEntry exported)
    {
        var entry = exported.Entry;
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("sequence", entry.Sequence);
            json.WriteString("time", CanonicalTime.Text(entry.Time));
            json.WriteString("actor", entry.Actor);
            if (exported.ActorUserName is { } name) json.WriteString("actorUserName", name);
            json.WriteString("act", entry.Act);
            json.WriteString("subject", entry.Subject);
            // What somebody changed behind the portal's back need not be JSON, and must not break the lines after it.
            if (IsOneLineOfJson(entry.Content))
            {
                json.WritePropertyName("content");
                json.WriteRawValue(entry.Content, skipInputValidation: true);
            }
            else
            {
                json.WriteBase64String("contentBase64", entry.Content);
            }
            json.WriteString("previousHash", Convert.ToHexStringLower(entry.PreviousHash));
            json.WriteString("hash", Convert.ToHexStringLower(entry.Hash));
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private static bool IsOneLineOfJson(byte[] content)
    {
        if (content.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') >= 0) return false;
        try
        {
            using var read = JsonDocument.Parse(content);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

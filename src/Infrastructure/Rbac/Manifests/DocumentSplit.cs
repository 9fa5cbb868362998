using System.Buffers;
using System.Text;

namespace Lapse.Infrastructure.Rbac.Manifests;

/// <summary>
/// Where the documents of a YAML file begin and end, found by its lines alone. A line of three dashes is a document's
/// beginning whatever stands around it (YAML 1.2, 9.1.2), so that one broken document does not take the others with it.
/// </summary>
internal static class DocumentSplit
{
    private static ReadOnlySpan<byte> Dashes => "---"u8;

    /// <summary>A document: where it stands in the bytes, and the first and last line of what it says, from 1.</summary>
    internal readonly record struct Part(int Start, int End, int Line, int Last);

    /// <summary>The documents that hold more than blank lines, comments and directives.</summary>
    public static List<Part> Parts(ReadOnlySpan<byte> bytes)
    {
        var parts = new List<Part>();
        var (start, line, startLine, last, full) = (0, 0, 1, 1, false);
        for (var at = 0; at < bytes.Length;)
        {
            line++;
            var end = bytes[at..].IndexOf((byte)'\n') is >= 0 and var length ? at + length + 1 : bytes.Length;
            var text = bytes[at..end];
            if (IsBeginning(text))
            {
                if (full) parts.Add(new(start, at, startLine, last));
                // What stands before it, if it is no document, are its directives.
                if (full || !HasDirective(bytes[start..at])) (start, startLine) = (at, line);
                full = Says(text[3..]);
            }
            else
            {
                full = full || (Says(text) && text[0] != (byte)'%');
            }

            if (Says(text)) last = line;
            at = end;
        }

        if (full) parts.Add(new(start, bytes.Length, startLine, last));
        return parts;
    }

    private static bool IsBeginning(ReadOnlySpan<byte> line) => line.StartsWith(Dashes) && (line.Length == 3 || line[3] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n');

    private static bool HasDirective(ReadOnlySpan<byte> bytes) => bytes.Contains((byte)'%');

    // A line of three dots only ends a document.
    private static bool Says(ReadOnlySpan<byte> line)
    {
        var text = line.Trim(" \t\r\n"u8);
        return text.Length > 0 && text[0] != (byte)'#' && !text.SequenceEqual("..."u8);
    }
}

/// <summary>The bytes of a file as UTF-8 without a byte order mark.</summary>
internal static class Utf8Text
{
    private static readonly SearchValues<byte> Blank = SearchValues.Create(" \t\r\n"u8);

    /// <summary>The text as UTF-8; UTF-16 and UTF-32 are told by their byte order mark.</summary>
    public static ReadOnlyMemory<byte> Of(byte[] bytes)
    {
        Encoding? other = bytes switch
        {
            [0xFF, 0xFE, 0, 0, ..] => Encoding.UTF32,
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            _ => null,
        };
        if (other is not null) return Encoding.UTF8.GetBytes(other.GetString(bytes, other.Preamble.Length, bytes.Length - other.Preamble.Length));
        return bytes is [0xEF, 0xBB, 0xBF, ..] ? bytes.AsMemory(3) : bytes;
    }

    /// <summary>Whether there is nothing but white space in it.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(Blank) < 0;

    /// <summary>The first byte that is no white space; 0 if there is none.</summary>
    public static byte First(ReadOnlySpan<byte> text) => text.IndexOfAnyExcept(Blank) is >= 0 and var at ? text[at] : (byte)0;
}

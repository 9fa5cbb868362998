using System.Text;

namespace Lapse.Domain.Text;

/// <summary>What people type: whole Unicode characters without control codes, which could be neither stored, hashed nor shown alike everywhere.</summary>
public static class PlainText
{
    /// <summary>One line.</summary>
    public static bool IsLine(string text) => IsWhole(text) && !text.Any(char.IsControl);

    /// <summary>Lines and tabs.</summary>
    public static bool IsText(string text) => IsWhole(text) && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));

    // A lone half of a surrogate pair is no character: it has no UTF-8, and PostgreSQL and RFC 8785 refuse it.
    private static bool IsWhole(string text)
    {
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var used) != System.Buffers.OperationStatus.Done) return false;
            rest = rest[used..];
        }
        return true;
    }
}

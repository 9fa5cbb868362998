using System.Buffers.Binary;
using System.Text;

namespace Lapse.Benchmarks.Circuits;

/// <summary>As much of MessagePack (github.com/msgpack/msgpack, spec.md) as a circuit's hub speaks.</summary>
internal static class MessagePack
{
    /// <summary>Writes a value: null, bool, long or int, string, or a list of those.</summary>
    public static void Write(Stream to, object? value)
    {
        switch (value)
        {
            case null:
                to.WriteByte(0xc0);
                break;
            case bool flag:
                to.WriteByte(flag ? (byte)0xc3 : (byte)0xc2);
                break;
            case int number:
                Write(to, (long)number);
                break;
            case long number:
                to.WriteByte(0xd3);
                Span<byte> eight = stackalloc byte[8];
                BinaryPrimitives.WriteInt64BigEndian(eight, number);
                to.Write(eight);
                break;
            case string text:
                var bytes = Encoding.UTF8.GetBytes(text);
                to.WriteByte(0xdb);
                WriteLength(to, bytes.Length);
                to.Write(bytes);
                break;
            case object?[] list:
                to.WriteByte(0xdd);
                WriteLength(to, list.Length);
                foreach (var item in list) Write(to, item);
                break;
            case EmptyMap:
                to.WriteByte(0x80);
                break;
            default:
                throw new ArgumentException($"No {value.GetType().Name} is ever sent.", nameof(value));
        }
    }

    /// <summary>Reads a value: as <see cref="Write"/> takes them; bytes as <c>byte[]</c>, and a map as the list of its values.</summary>
    public static object? Read(ReadOnlySpan<byte> bytes, ref int at)
    {
        var kind = bytes[at++];
        switch (kind)
        {
            case <= 0x7f: return (long)kind;
            case <= 0x8f: return Map(bytes, ref at, kind & 0x0f);
            case <= 0x9f: return List(bytes, ref at, kind & 0x0f);
            case <= 0xbf: return Text(bytes, ref at, kind & 0x1f);
            case 0xc0: return null;
            case 0xc2: return false;
            case 0xc3: return true;
            case 0xc4 or 0xc5 or 0xc6: return Bytes(bytes, ref at, (int)Number(bytes, ref at, 1 << (kind - 0xc4)));
            case 0xca: at += 4; return 0L;
            case 0xcb: at += 8; return 0L;
            case 0xcc or 0xcd or 0xce or 0xcf: return (long)Number(bytes, ref at, 1 << (kind - 0xcc));
            case 0xd0: return (long)(sbyte)Number(bytes, ref at, 1);
            case 0xd1: return (long)(short)Number(bytes, ref at, 2);
            case 0xd2: return (long)(int)Number(bytes, ref at, 4);
            case 0xd3: return (long)Number(bytes, ref at, 8);
            case 0xd9 or 0xda or 0xdb: return Text(bytes, ref at, (int)Number(bytes, ref at, 1 << (kind - 0xd9)));
            case 0xdc or 0xdd: return List(bytes, ref at, (int)Number(bytes, ref at, kind == 0xdc ? 2 : 4));
            case 0xde or 0xdf: return Map(bytes, ref at, (int)Number(bytes, ref at, kind == 0xde ? 2 : 4));
            case >= 0xe0: return (long)(sbyte)kind;
            default: throw new FormatException($"No circuit sends 0x{kind:x2}.");
        }
    }

    private static object?[] List(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        var list = new object?[count];
        for (var i = 0; i < count; i++) list[i] = Read(bytes, ref at);
        return list;
    }

    private static object?[] Map(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        var values = new object?[count];
        for (var i = 0; i < count; i++)
        {
            Read(bytes, ref at);
            values[i] = Read(bytes, ref at);
        }
        return values;
    }

    private static string Text(ReadOnlySpan<byte> bytes, ref int at, int length)
    {
        var text = Encoding.UTF8.GetString(bytes.Slice(at, length));
        at += length;
        return text;
    }

    private static byte[] Bytes(ReadOnlySpan<byte> bytes, ref int at, int length)
    {
        var found = bytes.Slice(at, length).ToArray();
        at += length;
        return found;
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, ref int at, int length)
    {
        var number = 0UL;
        for (var i = 0; i < length; i++) number = (number << 8) | bytes[at++];
        return number;
    }

    private static void WriteLength(Stream to, int length)
    {
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, length);
        to.Write(four);
    }

    /// <summary>A map without anything.</summary>
    internal sealed class EmptyMap
    {
        public static readonly EmptyMap Value = new();
    }
}

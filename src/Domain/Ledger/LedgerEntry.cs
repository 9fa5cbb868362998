using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Text;

namespace Lapse.Domain.Ledger;

/// <summary>One line of the log that cannot be rewritten unnoticed: its hash covers the entry and the hash before it.</summary>
public sealed class LedgerEntry
{
    /// <summary>1, 2, 3 … without a gap, in the order of commits.</summary>
    public required long Sequence { get; init; }

    /// <summary>When, to the microsecond.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who: <c>person:ID</c>, <c>lapse</c>, or <c>operator</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>What was done, such as <c>request.submitted</c>.</summary>
    public required string Act { get; init; }

    /// <summary>To what, such as <c>request:ID</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The details as the bytes that were hashed: canonical JSON (RFC 8785).</summary>
    public required byte[] Content { get; init; }

    /// <summary>The hash of the entry before; 32 zero bytes for the first.</summary>
    public required byte[] PreviousHash { get; init; }

    /// <summary>The hash of this entry.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The hash that the first entry follows.</summary>
    public static byte[] Genesis => new byte[SHA256.HashSizeInBytes];

    /// <summary>Makes the entry that follows.</summary>
    public static LedgerEntry After(long previousSequence, byte[] previousHash, DateTimeOffset time, string actor, string act, string subject, byte[] content)
    {
        var cut = CanonicalTime.Cut(time);
        return new()
        {
            Sequence = previousSequence + 1,
            Time = cut,
            Actor = actor,
            Act = act,
            Subject = subject,
            Content = content,
            PreviousHash = previousHash,
            Hash = ComputeHash(previousHash, previousSequence + 1, cut, actor, act, subject, content),
        };
    }

    /// <summary>Whether its own hash is right.</summary>
    public bool IsIntact() => PreviousHash.Length == SHA256.HashSizeInBytes && CryptographicOperations.FixedTimeEquals(Hash, ComputeHash(PreviousHash, Sequence, Time, Actor, Act, Subject, Content));

    /// <summary>
    /// SHA-256 over a version mark, the previous hash, and each field with its length in front (8 bytes, big endian), so that
    /// no two different entries give the same input. The format is in docs/ledger.md.
    /// </summary>
    public static byte[] ComputeHash(byte[] previousHash, long sequence, DateTimeOffset time, string actor, string act, string subject, byte[] content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("lapse/ledger/v1"u8);
        hash.AppendData(previousHash);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, sequence);
        hash.AppendData(number);
        foreach (var field in (ReadOnlySpan<byte[]>)[Bytes(CanonicalTime.Text(time)), Bytes(actor), Bytes(act), Bytes(subject), content])
        {
            BinaryPrimitives.WriteInt64BigEndian(number, field.Length);
            hash.AppendData(number);
            hash.AppendData(field);
        }
        return hash.GetHashAndReset();
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

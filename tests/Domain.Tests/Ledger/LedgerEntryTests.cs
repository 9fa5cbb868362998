using System.Security.Cryptography;
using System.Text;
using Lapse.Domain.Ledger;
using Xunit;
using static Lapse.Domain.Tests.Samples;

namespace Lapse.Domain.Tests.Ledger;

public class LedgerEntryTests
{
    private static readonly byte[] Previous = [.. Enumerable.Range(0, 32).Select(n => (byte)n)];
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("""{"reason":"ü"}""");

    [Fact]
    public void After_AnEntry_HashesAsTheFormatSays()
    {
        var entry = LedgerEntry.After(6, Previous, Now, "person:ü", "request.submitted", "request:1", Content);

        // mark ‖ previous hash ‖ sequence ‖ for each field: its length ‖ it; numbers in 8 bytes, big endian.
        using var input = new MemoryStream();
        input.Write(Encoding.ASCII.GetBytes("lapse/ledger/v1"));
        input.Write(Previous);
        input.Write([0, 0, 0, 0, 0, 0, 0, 7]);
        foreach (var field in (byte[][])[Encoding.UTF8.GetBytes("2026-11-24T12:00:00.000000Z"), Encoding.UTF8.GetBytes("person:ü"), Encoding.UTF8.GetBytes("request.submitted"), Encoding.UTF8.GetBytes("request:1"), Content])
        {
            input.Write([0, 0, 0, 0, 0, 0, 0, (byte)field.Length]);
            input.Write(field);
        }
        Assert.Equal(Convert.ToHexString(SHA256.HashData(input.ToArray())), Convert.ToHexString(entry.Hash));
        Assert.Equal((7L, true), (entry.Sequence, entry.IsIntact()));
    }

    [Fact]
    public void After_TimeFinerThanTheDatabase_IsCutToTheMicrosecondBeforeItIsHashed()
    {
        var fine = Now.AddTicks(1_234_567);
        var entry = LedgerEntry.After(0, LedgerEntry.Genesis, fine.ToOffset(TimeSpan.FromHours(1)), "lapse", "a", "s", Content);

        Assert.Equal((Now.AddTicks(1_234_560), TimeSpan.Zero), (entry.Time, entry.Time.Offset));
        Assert.Equal(LedgerEntry.After(0, LedgerEntry.Genesis, Now.AddTicks(1_234_560), "lapse", "a", "s", Content).Hash, entry.Hash);
        Assert.NotEqual(LedgerEntry.After(0, LedgerEntry.Genesis, Now.AddTicks(1_234_570), "lapse", "a", "s", Content).Hash, entry.Hash);
    }

    [Fact]
    public void IsIntact_AnyFieldChanged_IsFalse()
    {
        foreach (var (name, changed) in new Dictionary<string, LedgerEntry>
        {
            ["sequence"] = Entry(sequence: 8),
            ["time"] = Entry(time: Now.AddMicroseconds(1)),
            ["actor"] = Entry(actor: "person:2"),
            ["act"] = Entry(act: "request.denied"),
            ["subject"] = Entry(subject: "request:2"),
            ["content"] = Entry(content: [.. Content, 32]),
            ["previous hash"] = Entry(previous: Flip(Previous)),
            ["a longer previous hash"] = Entry(previous: [.. Previous, 0]),
            ["no previous hash"] = Entry(previous: []),
            ["hash"] = Entry(hash: Flip(Good.Hash)),
            ["no hash"] = Entry(hash: []),
            // Moved from one field to the next.
            ["actor and act"] = Entry(actor: "person:1request.", act: "submitted"),
            ["act and subject"] = Entry(act: "request.submittedrequest:1", subject: ""),
        }) Assert.False(changed.IsIntact(), name);
        Assert.True(Entry().IsIntact());
    }

    [Fact]
    public void Genesis_HandedOut_CannotBeChangedForTheNext()
    {
        LedgerEntry.Genesis[0] = 1;

        Assert.Equal(new byte[32], LedgerEntry.Genesis);
    }

    private static LedgerEntry Good => LedgerEntry.After(6, Previous, Now, "person:1", "request.submitted", "request:1", Content);

    private static LedgerEntry Entry(
        long sequence = 7, DateTimeOffset? time = null, string actor = "person:1", string act = "request.submitted", string subject = "request:1",
        byte[]? content = null, byte[]? previous = null, byte[]? hash = null) => new()
        {
            Sequence = sequence,
            Time = time ?? Now,
            Actor = actor,
            Act = act,
            Subject = subject,
            Content = content ?? Content,
            PreviousHash = previous ?? Previous,
            Hash = hash ?? Good.Hash,
        };

    private static byte[] Flip(byte[] bytes)
    {
        var copy = bytes.ToArray();
        copy[^1] ^= 1;
        return copy;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Lapse.Domain.Text;
using Xunit;

namespace Lapse.Domain.Tests.Text;

public class CanonicalJsonTests
{
    [Fact]
    public void Serialize_ExampleOfTheRfc_GivesItsBytes()
    {
        // RFC 8785, 3.2.2 to 3.2.4.
        var node = CanonicalJson.Parse("""
            {
              "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
              "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
              "literals": [null, true, false]
            }
            """);

        var bytes = CanonicalJson.Serialize(node);

        Assert.Equal(
            "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333"
            + "332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c"
            + "5c222f227d",
            Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void ToText_NamesOfTheRfc_AreSortedByUtf16CodeUnit()
    {
        // RFC 8785, 3.2.3: by code point the emoji would come last, by code unit it comes before U+FB33.
        var node = CanonicalJson.Parse("""
            {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
             "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}
            """);

        Assert.Equal(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\","
            + "\"\u20ac\":\"Euro Sign\",\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
            CanonicalJson.ToText(node));
    }

    [Theory]
    // RFC 8785, appendix B.
    [InlineData(0x0000000000000000, "0")]
    [InlineData(0x8000000000000000, "0")]
    [InlineData(0x0000000000000001, "5e-324")]
    [InlineData(0x8000000000000001, "-5e-324")]
    [InlineData(0x7fefffffffffffff, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffff, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000, "9007199254740992")]
    [InlineData(0xc340000000000000, "-9007199254740992")]
    [InlineData(0x4430000000000000, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6, "1e+23")]
    [InlineData(0x44b52d02c7e14af7, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4e, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4f, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8d, "0.000001")]
    [InlineData(0x41b3de4355555553, "333333333.3333332")]
    [InlineData(0x41b3de4355555554, "333333333.33333325")]
    [InlineData(0x41b3de4355555555, "333333333.3333333")]
    [InlineData(0x41b3de4355555556, "333333333.3333334")]
    [InlineData(0x41b3de4355555557, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959, "1424953923781206.2")]
    public void ToText_NumberOfTheRfc_IsWrittenAsEcmaScriptDoes(ulong bits, string expected) =>
        Assert.Equal(expected, CanonicalJson.ToText(JsonValue.Create(BitConverter.UInt64BitsToDouble(bits))));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void ToText_NotFinite_IsRefused(double value) =>
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(JsonValue.Create(value)));

    [Theory]
    [InlineData("1e400")]
    [InlineData("9007199254740993")]
    [InlineData("333333333333333333333")]
    public void ToText_NumberThatADoubleCannotHold_IsRefused(string json) =>
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(CanonicalJson.Parse(json)));

    [Fact]
    public void ToText_LongBeyondADouble_IsRefusedRatherThanRounded() =>
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(JsonValue.Create(long.MaxValue)));

    [Theory]
    [InlineData("1.0", "1")]
    [InlineData("-0", "0")]
    [InlineData("10", "10")]
    [InlineData("1000000000000000000000", "1e+21")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("100e-2", "1")]
    public void ToText_OtherSpellingsOfANumber_BecomeOne(string json, string expected) =>
        Assert.Equal(expected, CanonicalJson.ToText(CanonicalJson.Parse(json)));

    [Fact]
    public void ToText_ValuesOfDotNetTypes_AreWrittenAsTheirJson()
    {
        var node = new JsonObject
        {
            ["when"] = JsonValue.Create(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
            ["id"] = JsonValue.Create(new Guid("01890000-0000-7000-8000-000000000001")),
            ["small"] = 0.1f,
            ["price"] = 1.10m,
            ["none"] = null,
            ["empty"] = new JsonArray(new JsonObject(), new JsonArray()),
        };

        Assert.Equal(
            """{"empty":[{},[]],"id":"01890000-0000-7000-8000-000000000001","none":null,"price":1.1,"small":0.1,"when":"2026-01-02T03:04:05+00:00"}""",
            CanonicalJson.ToText(node));
    }

    [Fact]
    public void ToText_ControlsAndMarkup_EscapesOnlyWhatTheRfcSays() =>
        Assert.Equal(
            "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u007f\u2028</script>&'+\"",
            CanonicalJson.ToText(JsonValue.Create("\b\t\n\f\r\0\u001f\u007f\u2028</script>&'+")));

    [Fact]
    public void ToText_HalfASurrogatePair_IsRefused()
    {
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(JsonValue.Create("a\ud83d")));
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(JsonValue.Create("\ude00\ud83d")));
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(new JsonObject { ["\ud83d"] = 1 }));
        Assert.Throws<FormatException>(() => CanonicalJson.ToText(CanonicalJson.Parse("\"\\ud83d\"")));
    }

    [Theory]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":{"b":1,"\u0062":2}}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a":1 /* comment */}""")]
    [InlineData("""{"a":1} {}""")]
    [InlineData("")]
    public void Parse_NotStrictJson_IsRefused(string json) =>
        Assert.Throws<FormatException>(() => CanonicalJson.Parse(json));

    [Fact]
    public void ToText_DuplicateKeysReadElsewhere_AreRefused()
    {
        var node = JsonNode.Parse("""{"a":1,"a":2}""");

        Assert.Throws<FormatException>(() => CanonicalJson.ToText(node));
    }

    [Fact]
    public void ToText_NestedTooDeep_IsRefused()
    {
        JsonNode node = new JsonArray();
        for (var i = 0; i < 10_000; i++) node = new JsonArray(node);

        Assert.Throws<FormatException>(() => CanonicalJson.ToText(node));
        Assert.Throws<FormatException>(() => CanonicalJson.Parse(new string('[', 10_000)));
    }

    [Fact]
    public void ToText_AnyDouble_ReadsBackAsTheSame() =>
        Gen.Double.Where(double.IsFinite).Sample(value =>
        {
            var text = CanonicalJson.ToText(JsonValue.Create(value));
            return double.Parse(text, CultureInfo.InvariantCulture).Equals(value == 0 ? 0.0 : value);
        });

    [Fact]
    public void Serialize_ReadBack_IsTheSameBytes() =>
        Gen.Dictionary(Gen.String.Where(IsWellFormed), Gen.Int.Array)[0, 8].Sample(members =>
        {
            JsonObject Make(IEnumerable<KeyValuePair<string, int[]>> of) => new(of.Select(m =>
                KeyValuePair.Create<string, JsonNode?>(m.Key, new JsonArray([.. m.Value.Select(v => JsonValue.Create(v))]))));
            var bytes = CanonicalJson.Serialize(Make(members));
            var reversed = CanonicalJson.Serialize(Make(members.Reverse()));
            var again = CanonicalJson.Serialize(CanonicalJson.Parse(Encoding.UTF8.GetString(bytes)));
            return bytes.AsSpan().SequenceEqual(reversed) && bytes.AsSpan().SequenceEqual(again);
        });

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsSurrogatePair(text, i++)) return false;
        }

        return true;
    }
}

using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class AptSourceTests
{
    [Fact]
    public void FromStanzas_SecurityArchiveFirst_TakesTheOneOfTheRelease()
    {
        const string text = """
            Types: deb
            URIs: http://mirror.example/debian-security
            Suites: bookworm-security
            Components: main
            Signed-By: /keys/security.gpg

            # a comment: with a colon
            Types: deb
            URIs: http://mirror.example/debian http://other.example/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Signed-By: /keys/debian.gpg
            """;

        Assert.Equal(new AptSource("http://mirror.example/debian", "/keys/debian.gpg"), AptSource.FromStanzas(text, "bookworm"));
        Assert.Null(AptSource.FromStanzas(text, "trixie"));
        Assert.Null(AptSource.FromStanzas("Enabled: no\n" + text[text.IndexOf("Types: deb\nURIs: http://mirror.example/debian ", StringComparison.Ordinal)..], "bookworm"));
    }

    [Theory]
    [InlineData("deb http://mirror.example/debian bookworm main contrib", null)]
    [InlineData("deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main", "/keys/debian.gpg")]
    public void FromLines_LineOfTheRelease_GivesAddressAndKeys(string line, string? keys)
    {
        var text = $"# deb http://old.example/debian bookworm main\ndeb-src http://src.example/debian bookworm main\ndeb http://mirror.example/debian bookworm-updates main\n{line}\n";

        Assert.Equal(new AptSource("http://mirror.example/debian", keys), AptSource.FromLines(text, "bookworm"));
    }
}

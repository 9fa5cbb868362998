using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Lapse.Domain;
using Lapse.Domain.Access;
using Lapse.Domain.JustInTime;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Rbac;
using Lapse.Infrastructure.Reconciliation;
using Lapse.Portal.Hosting;

namespace Lapse.Portal.Tests.Architecture;

/// <summary>What the documents say of tables, names and formats is what the code has.</summary>
public partial class DocumentationTests
{
    private static DirectoryInfo Root => Assemblies.Sources().Parent!;

    [Fact]
    public void Ledger_EveryAct_IsInItsTable()
    {
        var text = Read("docs/ledger.md");
        var acts = typeof(LedgerActs).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!).ToList();

        Assert.NotEmpty(acts);
        Assert.All(acts, act => Assert.Contains($"| `{act}` |", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Ledger_ItsExample_IsAnIntactChain()
    {
        var lines = Read("docs/ledger.md").Split("```csv\n")[1].Split("\n```")[0].Split('\n');
        var (sequence, hash) = (0L, LedgerEntry.Genesis);
        foreach (var line in lines)
        {
            var fields = line.Split(',');
            var time = DateTimeOffset.Parse(fields[1], CultureInfo.InvariantCulture);
            var entry = LedgerEntry.After(sequence, hash, time, fields[2], fields[3], fields[4], Convert.FromHexString(fields[5]));
            Assert.Equal((fields[0], fields[6], fields[7]), (entry.Sequence.ToString(CultureInfo.InvariantCulture), Convert.ToHexStringLower(entry.PreviousHash), Convert.ToHexStringLower(entry.Hash)));
            (sequence, hash) = (entry.Sequence, entry.Hash);
        }
        Assert.Equal(2, sequence);
    }

    [Theory]
    [InlineData(typeof(PortalOptions), "Lapse:")]
    [InlineData(typeof(PortalGroupsOptions), "Lapse:Groups:")]
    [InlineData(typeof(LimitOptions), "Lapse:Limits:")]
    [InlineData(typeof(ProviderOptions), "Lapse:Provider:")]
    [InlineData(typeof(ReconciliationOptions), "")]
    [InlineData(typeof(RbacOptions), "Lapse:Rbac:")]
    [InlineData(typeof(SchedulerOptions), "Lapse:Scheduler:")]
    public void Configuration_EverySetting_IsInItsTable(Type options, string prefix)
    {
        var text = Read("docs/configuration.md");
        var settings = options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.PropertyType != typeof(PortalGroupsOptions) && p.PropertyType != typeof(LimitOptions)).Select(p => prefix + p.Name).ToList();

        Assert.NotEmpty(settings);
        Assert.All(settings, setting => Assert.Contains($"| `{setting}` |", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Configuration_EveryProfile_IsInItsTable() =>
        Assert.All(ProviderProfile.Known.Keys, profile => Assert.Contains($"| `{profile}` |", Read("docs/configuration.md"), StringComparison.Ordinal));

    [Fact]
    public void Architecture_StateDiagrams_AreTheTablesOfMoves()
    {
        var moves = Move().Matches(Read("docs/architecture.md")).Select(m => (From: m.Groups[1].Value, To: m.Groups[2].Value)).ToList();

        AssertDrawn(RequestMoves.Table, moves);
        AssertDrawn(GrantMoves.Table, moves);
        AssertDrawn(RemovalMoves.Table, moves);
    }

    [Fact]
    public void Links_BetweenDocuments_LeadSomewhere()
    {
        FileInfo[] documents = [.. Root.EnumerateFiles("*.md"), .. new DirectoryInfo(Path.Combine(Root.FullName, "docs")).EnumerateFiles("*.md", SearchOption.AllDirectories)];
        var broken = documents.SelectMany(file => Link().Matches(File.ReadAllText(file.FullName)).Select(m => m.Groups[1].Value)
            .Where(link => !link.Contains("://", StringComparison.Ordinal) && !Leads(file, link)).Select(link => $"{file.Name}: {link}"));

        Assert.True(documents.Length > 6, "The documents were not found.");
        Assert.Empty(broken);
    }

    private static void AssertDrawn<T>(StatusMoves<T> table, List<(string From, string To)> drawn) where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        var expected = table.All.Select(m => (m.From.ToString(), m.To.ToString()));
        Assert.Equal(expected.Order(), drawn.Where(m => names.Contains(m.From) && names.Contains(m.To)).Order());
    }

    private static bool Leads(FileInfo from, string link)
    {
        var parts = link.Split('#');
        var target = parts[0].Length == 0 ? from.FullName : Path.Combine(from.DirectoryName!, parts[0]);
        if (parts.Length == 1) return File.Exists(target) || Directory.Exists(target);
        return File.Exists(target) && Heading().Matches(File.ReadAllText(target)).Any(m => Anchor(m.Groups[1].Value) == parts[1]);
    }

    // As GitHub makes anchors out of headings.
    private static string Anchor(string heading) => string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root.FullName, file)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"^    (\w+) --> (\w+)", RegexOptions.Multiline)]
    private static partial Regex Move();

    [GeneratedRegex(@"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}

using Lapse.Domain.Rbac.Findings;
using Xunit;

namespace Lapse.Domain.Tests.Rbac.Findings;

/// <summary>The table of the documentation is the catalogue of the code.</summary>
public class DocumentedChecksTests
{
    [Fact]
    public void Document_ItsTable_IsTheCatalogue()
    {
        var rows = File.ReadAllLines(Path.Combine(Root(), "docs", "rbac-audit.md")).Where(line => line.StartsWith("| LR", StringComparison.Ordinal));

        Assert.Equal(Checks.All.Select(Row), rows);
    }

    private static string Row(Check check) =>
        $"| {check.Id} | {check.Title} | {check.Gravity} | {string.Join(", ", check.Cis)} | {string.Join(", ", check.Mitre)} |";

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Portal.sln"))) folder = folder.Parent;
        return folder.FullName;
    }
}

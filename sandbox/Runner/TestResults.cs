using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Lapse.Sandbox.Runner;

/// <summary>
/// The results of a test run over several projects. Each has a folder with its <c>.trx</c> files and a file
/// <c>exit-code</c>. A project that left no results, or ended with an error that no test explains, counts as one failure.
/// </summary>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed, and projects that did not run.</param>
/// <param name="Skipped">Tests that did not run.</param>
/// <param name="Complaints">One sentence for each project that counts as a failure as a whole.</param>
public sealed record TestResults(int Passed, int Failed, int Skipped, IReadOnlyList<string> Complaints)
{
    /// <summary>Whether something ran and nothing failed.</summary>
    public bool IsGreen => Failed == 0 && Passed > 0;

    /// <summary>The closing line: <c>12 passed, 0 failed</c>, with <c>, 1 skipped</c> only if there are any.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Passed} passed, {Failed} failed{(Skipped > 0 ? $", {Skipped} skipped" : "")}");

    /// <summary>Adds up a folder of project folders.</summary>
    public static TestResults Read(string folder) =>
        Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(ReadProject)
            .Aggregate(new TestResults(0, 0, 0, []), (sum, next) => new TestResults(
                sum.Passed + next.Passed, sum.Failed + next.Failed, sum.Skipped + next.Skipped, [.. sum.Complaints, .. next.Complaints]));

    private static TestResults ReadProject(string folder)
    {
        var name = Path.GetFileName(folder);
        var exitCode = File.Exists(Path.Combine(folder, "exit-code")) ? File.ReadAllText(Path.Combine(folder, "exit-code")).Trim() : "unknown";
        var (total, passed, failed) = (0, 0, 0);
        var files = Directory.EnumerateFiles(folder, "*.trx").ToList();
        try
        {
            foreach (var counters in files.SelectMany(file => XDocument.Load(file).Descendants().Where(e => e.Name.LocalName == "Counters")))
            {
                total += Number(counters, "total");
                passed += Number(counters, "passed");
                failed += Number(counters, "failed") + Number(counters, "error") + Number(counters, "timeout") + Number(counters, "aborted");
            }
        }
        catch (XmlException e)
        {
            return new TestResults(passed, failed + 1, 0, [$"{name} left a result file that ends early: {e.Message}"]);
        }
        var skipped = total - passed - failed;
        if (files.Count == 0)
            return new TestResults(0, 1, 0, [$"{name} left no results (exit code {exitCode}{(exitCode is "124" or "137" ? ": it ran out of time" : "")})"]);
        return failed == 0 && exitCode != "0"
            ? new TestResults(passed, 1, skipped, [$"{name} ended with exit code {exitCode} although no test of it failed"])
            : new TestResults(passed, failed, skipped, []);
    }

    private static int Number(XElement counters, string name) =>
        int.TryParse(counters.Attribute(name)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}

using Lapse.Sandbox.Runner;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class TestResultsTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Read_SeveralProjects_AddsAllUp()
    {
        Project("A.Tests", "0", Trx(total: 5, passed: 5, failed: 0));
        Project("B.Tests", "2", Trx(total: 4, passed: 2, failed: 1));

        var results = TestResults.Read(_scratch.Folder);

        Assert.Equal("7 passed, 1 failed, 1 skipped", results.ToString());
        Assert.Empty(results.Complaints);
        Assert.False(results.IsGreen);
    }

    [Fact]
    public void Read_AllPassed_IsGreenWithoutMentionOfSkipped()
    {
        Project("A.Tests", "0", Trx(total: 5, passed: 5, failed: 0));

        var results = TestResults.Read(_scratch.Folder);

        Assert.Equal("5 passed, 0 failed", results.ToString());
        Assert.True(results.IsGreen);
    }

    [Fact]
    public void Read_ProjectWithoutResults_CountsAsOneFailure()
    {
        Project("A.Tests", "0", Trx(total: 5, passed: 5, failed: 0));
        Project("B.Tests", "124");

        var results = TestResults.Read(_scratch.Folder);

        Assert.Equal("5 passed, 1 failed", results.ToString());
        Assert.Equal(["B.Tests left no results (exit code 124: it ran out of time)"], results.Complaints);
    }

    [Fact]
    public void Read_ProjectThatCrashedAfterItsTests_CountsAsOneFailure()
    {
        Project("A.Tests", "139", Trx(total: 5, passed: 5, failed: 0));

        Assert.Equal("5 passed, 1 failed", TestResults.Read(_scratch.Folder).ToString());
    }

    [Fact]
    public void Read_CutResultFile_CountsAsOneFailure()
    {
        Project("A.Tests", "137", Trx(total: 5, passed: 5, failed: 0)[..40]);

        Assert.Equal("0 passed, 1 failed", TestResults.Read(_scratch.Folder).ToString());
    }

    [Fact]
    public void Read_NothingRan_IsNotGreen()
    {
        Project("A.Tests", "0", Trx(total: 0, passed: 0, failed: 0));

        Assert.False(TestResults.Read(_scratch.Folder).IsGreen);
    }

    private static string Trx(int total, int passed, int failed) => $"""
        <?xml version="1.0" encoding="utf-8"?>
        <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
          <ResultSummary outcome="Completed"><Counters total="{total}" executed="{passed + failed}" passed="{passed}" failed="{failed}" error="0" /></ResultSummary>
        </TestRun>
        """;

    private void Project(string name, string exitCode, string? trx = null)
    {
        var folder = Directory.CreateDirectory(_scratch.File(name)).FullName;
        File.WriteAllText(Path.Combine(folder, "exit-code"), exitCode + "\n");
        if (trx is not null)
            File.WriteAllText(Path.Combine(folder, "run.trx"), trx);
    }
}

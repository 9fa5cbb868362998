using System.CommandLine;

namespace Lapse.Sandbox.Runner;

/// <summary><c>sum</c>: the closing line of a test run, from the result files of all its projects.</summary>
internal static class SumCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A folder with one folder for each test project." };
        var command = new Command("sum", "Adds up the test results of a run.") { folder };
        command.SetAction(parsed =>
        {
            var results = TestResults.Read(parsed.GetRequiredValue(folder));
            foreach (var complaint in results.Complaints)
                Console.WriteLine(complaint);
            Console.WriteLine(results);
            return results.IsGreen ? 0 : 1;
        });
        return command;
    }
}

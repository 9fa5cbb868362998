using System.Diagnostics;
using Xunit;

namespace Lapse.Sandbox.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class Scratch : IDisposable
{
    /// <summary>The unprivileged user of PostgreSQL has to get through it.</summary>
    public Scratch() => System.IO.File.SetUnixFileMode(Folder, (UnixFileMode)Convert.ToInt32("755", 8));

    public string Folder { get; } = Directory.CreateTempSubdirectory("lapse-sandbox-test-").FullName;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public string File(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Waits until something holds, with a deadline.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what, int seconds = 15)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(seconds), $"Not within {seconds} s: {what}");
            await Task.Delay(50, Token);
        }
    }

    /// <summary>Whether a process is there and no zombie (proc(5), stat: the state follows the name in parentheses).</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            var stat = System.IO.File.ReadAllText($"/proc/{processId}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}

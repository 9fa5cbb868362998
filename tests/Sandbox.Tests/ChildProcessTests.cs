using System.Globalization;
using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class ChildProcessTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Stop_ChildWithChildren_EndsTheWholeGroup()
    {
        await using var child = Start("sleep 600 & echo $! > grandchild; wait");
        await Scratch.UntilAsync(() => File.Exists(_scratch.File("grandchild")) && File.ReadAllText(_scratch.File("grandchild")).EndsWith('\n'), "the grandchild runs");
        var grandchild = int.Parse(await File.ReadAllTextAsync(_scratch.File("grandchild"), Scratch.Token), CultureInfo.InvariantCulture);
        Assert.True(Scratch.IsAlive(child.Id));
        Assert.True(Scratch.IsAlive(grandchild));

        await child.StopAsync();

        Assert.False(Scratch.IsAlive(child.Id));
        await Scratch.UntilAsync(() => !Scratch.IsAlive(grandchild), "the grandchild has ended");
    }

    [Fact]
    public async Task Stop_ChildThatIgnoresTerm_IsKilledAfterTheGrace()
    {
        await using var child = Start("trap '' TERM; echo deaf; while :; do sleep 1; done");
        await Scratch.UntilAsync(() => Log().Contains("deaf", StringComparison.Ordinal), "the child ignores TERM");

        await child.StopAsync();

        Assert.False(Scratch.IsAlive(child.Id));
    }

    [Fact]
    public async Task Stop_OtherSignalAsked_ChildGetsThatOne()
    {
        await using var child = Start("trap 'echo interrupted; exit 0' INT; echo up; while :; do sleep 0.1; done", signal: "INT");
        await Scratch.UntilAsync(() => Log().Contains("up", StringComparison.Ordinal), "the child is up");

        await child.StopAsync();

        Assert.Contains("interrupted", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForExit_ChildEndsByItself_GivesItsExitCodeAndLines()
    {
        var lines = new List<string>();
        await using var child = Start("echo one; echo two >&2; exit 7", onLine: lines.Add);

        Assert.Equal(7, await child.WaitForExitAsync(Scratch.Token));

        Assert.Equal(["one", "two"], lines);
        Assert.Equal("one\ntwo\n", Log());
    }

    /// <summary>The child may have ended, and been reaped, before the watcher first asks whether it is alive.</summary>
    [Fact]
    public async Task WaitForExit_ChildrenEndAtOnce_EachExitCodeIsKept()
    {
        var codes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            await using var child = Start("exit 3");
            return await child.WaitForExitAsync(Scratch.Token);
        })));

        Assert.All(codes, code => Assert.Equal(3, code));
    }

    [Fact]
    public async Task WaitUntilReady_ChildEnds_SaysWhatItPrinted()
    {
        await using var child = Start("echo no such database; exit 3");

        var e = await Assert.ThrowsAsync<SandboxException>(() =>
            child.WaitUntilReadyAsync(_ => Task.FromResult(false), TimeSpan.FromSeconds(20), Scratch.Token));

        Assert.Equal("Trial ended while starting (exit code 3): no such database", e.Message);
    }

    [Fact]
    public async Task Start_ChildReadsItsInput_FindsItEmpty()
    {
        await using var child = Start("if read -r line; then exit 1; else exit 0; fi");

        Assert.Equal(0, await child.WaitForExitAsync(Scratch.Token));
    }

    private string Log() => File.Exists(_scratch.File("log")) ? File.ReadAllText(_scratch.File("log")) : "";

    private ChildProcess Start(string script, string signal = "TERM", Action<string>? onLine = null) =>
        ChildProcess.Start(new ChildOptions
        {
            Name = "Trial",
            FileName = "bash",
            Arguments = ["-c", script],
            LogFile = _scratch.File("log"),
            WorkingDirectory = _scratch.Folder,
            StopSignal = signal,
            StopTimeout = TimeSpan.FromSeconds(1),
            OnLine = onLine,
        });
}

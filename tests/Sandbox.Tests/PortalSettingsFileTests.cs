using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class PortalSettingsFileTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Write_AnyValue_ComesOutOfAShellAsItWas()
    {
        const string awkward = "it's \"$HOME\" `id` \\ ; Password=a b";
        var file = _scratch.File("lapse.env");
        await File.WriteAllTextAsync(file, "an older one", Scratch.Token);

        PortalSettingsFile.Write(file, new Dictionary<string, string?> { ["ConnectionStrings__Portal"] = awkward, ["Absent"] = null });

        var read = await Tool.TryAsync("bash", ["-c", $". {file}; printf %s \"$ConnectionStrings__Portal${{Absent-none}}\""], Scratch.Token);
        Assert.Equal(awkward + "none", read.Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}

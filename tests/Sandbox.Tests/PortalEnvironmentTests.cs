using Xunit;

namespace Lapse.Sandbox.Tests;

public sealed class PortalEnvironmentTests
{
    [Fact]
    public async Task WriteEnvironment_SourcedByAShell_GivesTheSettingsAndIsPrivate()
    {
        using var scratch = new Scratch();
        var options = new PortalOptions
        {
            Folder = scratch.Folder,
            Port = 5080,
            OwnerConnection = "Host=h;Password=it's $HOME `x` \"y\"",
            PortalConnection = "Host=h;Password=p",
            Provider = new Uri("http://localhost:5081"),
        };
        var file = Path.Combine(scratch.Folder, "environment");

        PortalProcess.WriteEnvironment(options, file);
        PortalProcess.WriteEnvironment(options, file);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var said = await Tool.TryAsync("bash", ["-c", ". \"$1\"; printf '%s|%s|%s' \"$ConnectionStrings__Owner\" \"$ConnectionStrings__Portal\" \"$Lapse__Mode\"", "bash", file], Scratch.Token);
        Assert.Equal($"{options.OwnerConnection}|{options.PortalConnection}|Sandbox", said.Output);
    }
}

using System.Runtime.Versioning;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Keys;

[UnsupportedOSPlatform("windows")]
public sealed class KeyFolderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_EmptyFolder_MakesKeysThatOnlyTheOwnerReads()
    {
        KeyFolder.Create(_folder.Path, DateTimeOffset.UtcNow);

        foreach (var name in (string[])[InstallationKey.FileName, BindingKey.FileName, "data-protection.pfx"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.Path, name)));
        Assert.Empty(Directory.GetFiles(_folder.Path, ".*"));
    }

    [Fact]
    public async Task Create_ByManyAtOnce_LeavesOneKeyForAll()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => InstallationKey.Create(_folder.Path).PublicKeyPem, TestContext.Current.CancellationToken)));

        Assert.Single(keys.Distinct());
        Assert.Equal(keys[0], File.ReadAllText(Path.Combine(_folder.Path, InstallationKey.PublicFileName)));
    }

    [Fact]
    public void Open_KeyThatOthersMayRead_IsRefused()
    {
        InstallationKey.Create(_folder.Path).Dispose();
        File.SetUnixFileMode(Path.Combine(_folder.Path, InstallationKey.FileName), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Assert.Contains("chmod 600", Assert.Throws<KeyFolderException>(() => InstallationKey.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FileThatIsNoKey_IsRefused()
    {
        File.WriteAllText(Path.Combine(_folder.Path, InstallationKey.FileName), "not a key");
        File.SetUnixFileMode(Path.Combine(_folder.Path, InstallationKey.FileName), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Assert.Throws<KeyFolderException>(() => InstallationKey.Open(_folder.Path));
    }

    [Fact]
    public void AddLapseKeys_ProductionWithoutKeys_IsRefusedAndMakesNone()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Lapse:Mode"] = "Production", ["Lapse:Keys"] = _folder.Path }).Build();

        Assert.Throws<KeyFolderException>(() => new ServiceCollection().AddLapseKeys(configuration));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Verify_OtherPurposeMessageOrKey_IsFalse()
    {
        using var key = InstallationKey.Create(_folder.Path);
        using var elsewhere = new ScratchFolder();
        using var other = InstallationKey.Create(elsewhere.Path);
        var signature = key.Sign("lapse/a/v1", [1, 2, 3]);

        Assert.True(key.Verify("lapse/a/v1", [1, 2, 3], signature));
        Assert.False(key.Verify("lapse/b/v1", [1, 2, 3], signature));
        Assert.False(key.Verify("lapse/a/v1", [1, 2, 4], signature));
        Assert.False(key.Verify("lapse/a/v", [(byte)'1', 1, 2, 3], signature));
        Assert.False(other.Verify("lapse/a/v1", [1, 2, 3], signature));
        Assert.False(key.Verify("lapse/a/v1", [1, 2, 3], null));
    }
}

using System.Security.Cryptography;
using Lapse.Domain.Access;
using Lapse.Infrastructure.Kubernetes;
using Xunit;

namespace Lapse.Infrastructure.Tests.Kubernetes;

public sealed class BindingKeyFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lapse-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadPublic_FolderWithTwoKeys_ReadsBothAndTheyVerify()
    {
        using var old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var current = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write("a-old.pem", old.ExportSubjectPublicKeyInfoPem());
        Write("b-current.pem", current.ExportSubjectPublicKeyInfoPem());
        Write("readme.txt", "not a key");
        using var privateKey = BindingKeyFiles.ReadPrivate(Write("key.private", current.ExportPkcs8PrivateKeyPem()));
        var spec = TestBindings.Spec("default");

        var keys = BindingKeyFiles.ReadPublic(_folder);
        Assert.Equal(2, keys.Count);
        Assert.True(BindingSignature.Verify(spec, BindingSignature.Sign(spec, privateKey), keys[1]));
        Assert.False(BindingSignature.Verify(spec, BindingSignature.Sign(spec, privateKey), keys[0]));
    }

    [Fact]
    public void ReadPublic_EmptyFolder_ThrowsInsteadOfDeletingEverything() =>
        Assert.Throws<InvalidOperationException>(() => BindingKeyFiles.ReadPublic(_folder));

    [Fact]
    public void ReadPublic_NotAKey_Throws() => Assert.Throws<CryptographicException>(() => BindingKeyFiles.ReadPublic(Write("a.pem", "hello")));

    [Fact]
    public void ReadPrivate_PublicKey_Throws()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.ThrowsAny<CryptographicException>(() => BindingKeyFiles.ReadPrivate(Write("a.pem", key.ExportSubjectPublicKeyInfoPem())));
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}

using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.DataProtection;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>The keys of an installation and its provider, the same for all tests.</summary>
internal static class TestInstallation
{
    private static readonly string Folder = Directory.CreateTempSubdirectory("lapse-keys-").FullName;

    public static InstallationKey Key { get; } = InstallationKey.Create(Folder);

    public static BindingKey BindingKey { get; } = BindingKey.Create(Folder);

    public static Sealer Sealer { get; } = new(new EphemeralDataProtectionProvider());

    public static TestIssuer Provider { get; } = new();
}

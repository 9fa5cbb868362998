using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.DataProtection;

namespace Lapse.Infrastructure.Tests.Reconciliation;

/// <summary>The keys of an installation and its provider, the same for all tests, and for replicas in processes of their own.</summary>
internal static class TestInstallation
{
    /// <summary>The variable that tells another process where the keys are.</summary>
    public const string FolderVariable = "LAPSE_TEST_KEYS";

    public static string Folder { get; } = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given ? given : Directory.CreateTempSubdirectory("lapse-keys-").FullName;

    public static InstallationKey Key { get; } = InstallationKey.Create(Folder);

    public static BindingKey BindingKey { get; } = BindingKey.Create(Folder);

    public static Sealer Sealer { get; } = new(DataProtectionProvider.Create(new DirectoryInfo(Path.Combine(Folder, "ring")), protection => protection.SetApplicationName("lapse-tests")));

    public static TestIssuer Provider { get; } = new();
}

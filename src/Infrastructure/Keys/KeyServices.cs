using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lapse.Infrastructure.Keys;

/// <summary>Registers the installation's keys.</summary>
public static class KeyServices
{
    /// <summary>
    /// Reads the key folder <c>Lapse:Keys</c> (made first if <c>Lapse:Mode</c> is <c>Sandbox</c>) and registers
    /// <see cref="InstallationKey"/>, <see cref="BindingKey"/>, <see cref="Sealer"/> and data protection over the signed key ring.
    /// Needs an <see cref="IDbContextFactory{TContext}"/> of <see cref="PortalDbContext"/>, and for <see cref="FirstKey"/> an <c>NpgsqlDataSource</c>.
    /// </summary>
    /// <exception cref="KeyFolderException">A key is missing or unusable.</exception>
    public static IServiceCollection AddLapseKeys(this IServiceCollection services, IConfiguration configuration)
    {
        var folder = configuration["Lapse:Keys"];
        if (string.IsNullOrWhiteSpace(folder)) throw new KeyFolderException("Lapse:Keys is not set; it is the folder with the installation's keys.");
        if (IsSandbox(configuration)) KeyFolder.Create(folder, TimeProvider.System.GetUtcNow());
        var installation = InstallationKey.Open(folder);
        var binding = BindingKey.Open(folder);
        KeyRingCertificate.Open(folder).Dispose();
        var encryption = new KeyRingEncryption(folder);

        // As factories, so that the container disposes of them.
        services.AddSingleton(_ => installation);
        services.AddSingleton(_ => binding);
        services.AddSingleton<Sealer>();
        services.AddSingleton<FirstKey>();
        services.AddSingleton(new KeyFolderPath(folder));
        services.AddDataProtection().SetApplicationName("lapse");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(options =>
        {
            options.XmlRepository = new SignedKeyRing(
                provider.GetRequiredService<IDbContextFactory<PortalDbContext>>(), installation, encryption, provider.GetRequiredService<ILogger<SignedKeyRing>>());
            options.XmlEncryptor = encryption;
        }));
        return services;
    }

    internal static bool IsSandbox(IConfiguration configuration) => string.Equals(configuration["Lapse:Mode"], "Sandbox", StringComparison.OrdinalIgnoreCase);
}

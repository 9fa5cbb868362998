namespace Lapse.Portal.Hosting;

/// <summary>The configuration for verbs that do not serve: the same files and environment as <c>serve</c> reads.</summary>
internal static class Configuration
{
    public static IConfiguration Read() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables()
        .Build();

    /// <summary>The section <c>Lapse</c>.</summary>
    public static PortalOptions Portal(this IConfiguration configuration) =>
        configuration.GetSection(PortalOptions.Section).Get<PortalOptions>() ?? new PortalOptions();
}

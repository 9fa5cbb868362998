using Lapse.Sandbox.IdentityProvider;
using Lapse.Sandbox.IdentityProvider.Hosting;
using Lapse.Sandbox.IdentityProvider.Keys;
using Lapse.Sandbox.IdentityProvider.People;
using Lapse.Sandbox.IdentityProvider.Protocol;
using Lapse.Sandbox.IdentityProvider.SignIn;
using Microsoft.AspNetCore.DataProtection;

try
{
    await RunAsync(args);
    return 0;
}
catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
{
    // A port in use, a people file that is none, a folder that may not be written: one sentence, no stack.
    await Console.Error.WriteLineAsync($"The sandbox's provider cannot start: {e.Message}");
    return 1;
}

static async Task RunAsync(string[] args)
{
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    var options = builder.Configuration.GetSection(ProviderOptions.Section).Get<ProviderOptions>() ?? new ProviderOptions();
    PrivateFile.CreateFolder(options.Data);
    using var certificate = ServerCertificate.Load(options.Data, TimeProvider.System.GetUtcNow());

    // Standard output carries the one line that says where the provider is.
    builder.Logging.ClearProviders().AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
        .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
        .AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);
    builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    builder.WebHost.UseKestrelHttpsConfiguration();
    builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.ListenLocalhost(options.HttpPort);
        kestrel.ListenLocalhost(options.HttpsPort, listener => listener.UseHttps(certificate));
    });

    var services = builder.Services;
    services.AddSingleton(TimeProvider.System);
    services.AddSingleton(p => new PeopleFile(options.People, p.GetRequiredService<ILogger<PeopleFile>>()));
    services.AddSingleton<OneTimeCodes>();
    services.AddSingleton<Attempts>();
    services.AddSingleton<Interactions>();
    services.AddRazorComponents();
    services.AddAntiforgery(o => o.Cookie.Name = "lapse-sandbox-provider.form");
    var cookieKeys = Path.Combine(options.Data, "cookie-keys");
    PrivateFile.CreateFolder(cookieKeys);
    services.AddDataProtection().SetApplicationName("lapse-sandbox-provider").PersistKeysToFileSystem(new DirectoryInfo(cookieKeys));
    services.AddAuthentication(Session.Scheme).AddCookie(Session.Scheme, o =>
    {
        o.Cookie.Name = Session.Scheme;
        o.ExpireTimeSpan = TimeSpan.FromHours(12);
        o.SlidingExpiration = false;
    });
    services.AddAuthorization();
    services.AddProvider(options, SigningKey.Load(options.Data));
    if (options.ExitWithParent)
        services.AddHostedService<ParentWatch>();

    await using var app = builder.Build();
    app.UsePageSecurity(options);
    app.UseErrorPages();
    app.UseRouting();
    app.UseAuthentication();
    app.UseAuthorization();
    app.UseAntiforgery();
    app.MapAssets();
    app.MapSignIn();

    // The protocol's own parameters take the place of antiforgery tokens here.
    app.MapMethods(OpenIddictSetup.Authorize, [HttpMethods.Get, HttpMethods.Post], AuthorizeEndpoint.HandleAsync).DisableAntiforgery();
    app.MapMethods(OpenIddictSetup.EndSession, [HttpMethods.Get, HttpMethods.Post], (Delegate)EndSessionEndpoint.HandleAsync).DisableAntiforgery();
    app.MapMethods(OpenIddictSetup.UserInfo, [HttpMethods.Get, HttpMethods.Post], UserInfoEndpoint.HandleAsync).DisableAntiforgery();
    app.MapPost(OpenIddictSetup.Token, TokenEndpoint.HandleAsync).DisableAntiforgery();

    _ = app.Services.GetRequiredService<PeopleFile>();
    await app.Services.AddClientsAsync(options);
    await app.StartAsync();
    await Console.Out.WriteLineAsync($"provider ready http={Address(options.BrowserAddress)} https={Address(options.Issuer)}");
    await app.WaitForShutdownAsync();
}

static string Address(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

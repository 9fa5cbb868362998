using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lapse.Domain;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Components;
using Lapse.Portal.Features.Admin;
using Lapse.Portal.Features.StepUp;
using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>The portal's own sign-in and step-up on a real port, with one act that only notes that it was done, and the test of the provider.</summary>
public sealed class TestPortal : IAsyncDisposable
{
    private static readonly Lazy<X509Certificate2> Certificate = new(SelfSigned);

    private readonly WebApplication _app;
    private readonly ScratchFolder _keys = new();

    private TestPortal(WebApplication app, ScratchFolder keys, CapturedLogs logs) => (_app, _keys, Logs) = (app, keys, logs);

    public string Address => _app.Urls.Single();

    public CapturedLogs Logs { get; }

    public NoteAct Act => Get<NoteAct>();

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<TestPortal> StartAsync(TestDatabase database, RogueProvider provider, SettableClock clock, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellation)
    {
        var (keys, logs) = (new ScratchFolder(), new CapturedLogs());
        MadeKeys.PutInto(settings.GetValueOrDefault("Lapse:Keys") ?? keys.Path);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ApplicationName = typeof(App).Assembly.GetName().Name });
        builder.WebHost.UseUrls(settings.GetValueOrDefault("Lapse:PublicUrl") is ['h', 't', 't', 'p', 's', ..] ? "https://127.0.0.1:0" : "http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = Certificate.Value));
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Trace);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Lapse:Mode"] = "Sandbox",
            ["Lapse:PublicUrl"] = "http://localhost",
            ["Lapse:Keys"] = keys.Path,
            ["Lapse:Provider:Authority"] = provider.Address,
            ["Lapse:Provider:ClientId"] = "lapse",
            ["Lapse:Provider:ClientSecret"] = RogueProvider.Secret,
            ["Lapse:Provider:Profile"] = "Sandbox",
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton<IDbContextFactory<PortalDbContext>>(database);
        builder.Services.AddSingleton<NoteAct>();
        builder.Services.AddSingleton<IStepUpActHandler>(services => services.GetRequiredService<NoteAct>());
        builder.Services.AddSingleton<TestProvider>().AddSingleton<TestProviderAct>().AddSingleton<AdminProviderQuery>();
        builder.Services.AddSingleton<IStepUpActHandler>(services => services.GetRequiredService<TestProviderAct>());
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddLapseKeys(builder.Configuration).AddLapseOidc(builder.Configuration).AddLapseAuthentication(builder.Configuration);
        var app = builder.Build();
        app.UseRequestLimits(app.Services.GetRequiredService<LimitOptions>());
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapLapseAuthentication();
        app.MapGet("/whoami", (HttpContext context) => Actor.From(context.User) is { } actor ? Results.Text($"{actor.PersonId} {actor.SessionId}") : Results.Text("nobody"));
        app.MapGet("/cookie", (HttpContext context) => string.Join(' ', context.User.Claims.Select(c => c.Type)));
        app.MapGet("/form", (HttpContext context, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(context).RequestToken);
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
        await app.StartAsync(cancellation);
        return new(app, keys, logs);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _keys.Dispose();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}

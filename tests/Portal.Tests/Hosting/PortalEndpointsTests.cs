using Lapse.Portal.Hosting;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lapse.Portal.Tests.Hosting;

/// <summary>What the portal answers to, as it is put together for serving; nothing is started.</summary>
public sealed class PortalEndpointsTests : IAsyncLifetime
{
    // What SignalR's own client sends; it carries the sign-in's cookie, which no other site's form can send (SameSite), and the
    // circuit's id, which no other site knows.
    private static readonly string[] OfCircuits = ["/_blazor", "/_blazor/negotiate", "/_blazor/disconnect"];

    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("lapse-endpoints-");
    private WebApplication _app = null!;

    public ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "lapse" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Lapse:Mode"] = "Sandbox",
            ["Lapse:PublicUrl"] = "http://localhost:5080",
            ["Lapse:Keys"] = _keys.FullName,
            ["Lapse:Provider:Authority"] = "http://localhost:5081",
            ["Lapse:Provider:ClientId"] = "lapse",
            ["Lapse:Provider:ClientSecret"] = "not a secret",
            ["Lapse:Provider:Profile"] = "Sandbox",
            ["ConnectionStrings:Portal"] = "Host=127.0.0.1;Port=1;Username=nobody;Database=none",
        });
        builder.AddPortal();
        _app = builder.Build();
        _app.UsePortal();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    [Fact]
    public void Forms_EveryOneThatChangesSomething_NeedsAnAntiforgeryToken()
    {
        var writes = Endpoints()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Any(method => method is not ("GET" or "HEAD" or "OPTIONS")) == true)
            .Where(endpoint => !OfCircuits.Contains(Address(endpoint)))
            .ToList();

        // These ask for the token themselves, since they lead on where it is missing; StepUpLeaveTests and SignInTests send each of
        // them without one. Whoever adds an address adds its test there.
        Assert.Equal(
            ["/session/end", "/step-up/{id:guid}/cancel", "/step-up/{id:guid}/confirm", "/step-up/{id:guid}/go"],
            writes.Where(endpoint => endpoint.Metadata.GetMetadata<IAntiforgeryMetadata>() is not { RequiresValidation: true }).Select(Address).Order(StringComparer.Ordinal));
        Assert.Contains(writes, endpoint => endpoint.Metadata.GetMetadata<IAntiforgeryMetadata>() is { RequiresValidation: true });
    }

    [Fact]
    public void Circuits_AreKeptWithinBounds()
    {
        var circuits = _app.Services.GetRequiredService<IOptions<CircuitOptions>>().Value;

        Assert.False(circuits.DetailedErrors);
        Assert.Equal((CircuitLimits.KeptWithoutBrowser, CircuitLimits.KeptFor), (circuits.DisconnectedCircuitMaxRetained, circuits.DisconnectedCircuitRetentionPeriod));
    }

    private IEnumerable<RouteEndpoint> Endpoints() => ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    private static string Address(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.Trim('/');
}

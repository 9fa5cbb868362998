using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Tests.StepUp;

/// <summary>An OpenID provider on a real port that signs in whom it is told, and breaks every rule it is told to break.</summary>
public sealed class RogueProvider : IAsyncDisposable
{
    public const string Secret = "rogue-client-secret";

    private readonly ConcurrentDictionary<string, (string Nonce, string Challenge, RogueToken Token)> _codes = [];
    private readonly SettableClock _clock;
    private readonly WebApplication _app;

    private RogueProvider(WebApplication app, SettableClock clock) => (_app, _clock) = (app, clock);

    public string Address => _app.Urls.Single();

    /// <summary>What the next authorization answers.</summary>
    public RogueToken Next { get; set; } = new();

    /// <summary>Whether it cuts every connection.</summary>
    public bool Down { get; set; }

    /// <summary>What it waits for before it answers anything.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    /// <summary>How often each address was asked for.</summary>
    public ConcurrentDictionary<string, int> Times { get; } = [];

    /// <summary>Whether only its token endpoint cuts connections.</summary>
    public bool TokenDown { get; set; }

    /// <summary>Whether a code may be used again, which RFC 6749 forbids.</summary>
    public bool ReusesCodes { get; set; }

    /// <summary>The error that it answers instead of a code.</summary>
    public string? Error { get; set; }

    /// <summary>Whether it offers pushed authorization requests.</summary>
    public bool OffersPar { get; set; }

    /// <summary>The query of each authorization request.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Asked { get; } = [];

    /// <summary>Every token that it gave.</summary>
    public ConcurrentQueue<string> Given { get; } = [];

    /// <summary>The key that it signs with.</summary>
    public RogueKey Key { get; set; } = new("k1");

    public static async Task<RogueProvider> StartAsync(SettableClock clock, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new RogueProvider(builder.Build(), clock);
        provider.Map();
        await provider._app.StartAsync(cancellation);
        return provider;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            Times.AddOrUpdate(context.Request.Path.Value!, 1, (_, times) => times + 1);
            await Held;
            if (!Down && !(TokenDown && context.Request.Path == "/token")) await next(context);
            else context.Abort();
        });
        _app.MapGet("/.well-known/openid-configuration", () => Results.Text(Discovery().ToJsonString(), "application/json"));
        _app.MapGet("/jwks", () => Results.Text(new JsonObject { ["keys"] = new JsonArray(Key.Jwk()) }.ToJsonString(), "application/json"));
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/par", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            var uri = $"urn:par:{Guid.NewGuid():N}";
            _pushed[uri] = form.ToDictionary(f => f.Key, f => f.Value.ToString());
            return Results.Json(new { request_uri = uri, expires_in = 60 }, statusCode: 201);
        });
        _app.MapPost("/token", TokenAsync);
        _app.MapGet("/logout", () => "logged out");
    }

    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _pushed = [];

    private JsonObject Discovery()
    {
        var discovery = new JsonObject
        {
            ["issuer"] = Address,
            ["authorization_endpoint"] = $"{Address}/authorize",
            ["token_endpoint"] = $"{Address}/token",
            ["jwks_uri"] = $"{Address}/jwks",
            ["end_session_endpoint"] = $"{Address}/logout",
        };
        if (OffersPar) discovery["pushed_authorization_request_endpoint"] = $"{Address}/par";
        return discovery;
    }

    private IResult Authorize(HttpRequest request)
    {
        var query = request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
        if (query.TryGetValue("request_uri", out var uri)) query = _pushed[uri];
        Asked.Enqueue(query);
        var (back, state) = (query["redirect_uri"], query["state"]);
        if (Error is { } error) return Results.Redirect(QueryHelpers.AddQueryString(back, new Dictionary<string, string?> { ["error"] = error, ["state"] = state }));
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _codes[code] = (query["nonce"], query["code_challenge"], Next);
        return Results.Redirect(QueryHelpers.AddQueryString(back, new Dictionary<string, string?> { ["code"] = code, ["state"] = state }));
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var code = form["code"].ToString();
        var known = ReusesCodes ? _codes.TryGetValue(code, out var flow) : _codes.TryRemove(code, out flow);
        if (!known || form["client_secret"] != Secret) return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        var verifier = WebEncoders.Base64UrlEncode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (verifier != flow.Challenge) return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        var token = flow.Token.Write(Address, flow.Nonce, Key, _clock.GetUtcNow());
        Given.Enqueue(token);
        return Results.Json(new { access_token = "opaque-access-token", token_type = "Bearer", id_token = token, expires_in = 300 });
    }
}

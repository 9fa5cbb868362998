using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

public sealed class LedgerExportTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private WebApplication _host = null!;
    private HttpClient _client = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IDbContextFactory<PortalDbContext>>(Database);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton(Guard);
        builder.Services.AddSingleton<LedgerExportQuery>();
        builder.Services.AddAuthentication("header").AddScheme<AuthenticationSchemeOptions, HeaderSignIn>("header", null);
        builder.Services.AddAuthorization();
        _host = builder.Build();
        _host.UseAuthentication();
        _host.UseAuthorization();
        _host.MapLedgerExport();
        await _host.StartAsync(Cancellation);
        _client = new() { BaseAddress = new(_host.Urls.Single()) };
    }

    public override async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task JsonLines_WholeLedger_CarriesWhatWasHashed()
    {
        await WriteAsync(3);
        using var response = await GetAsync(LedgerExportEndpoints.JsonLines, World.Sam);

        Assert.Equal("application/jsonl", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("lapse-ledger-20261124T120000Z.jsonl", response.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        Assert.True(response.Headers.CacheControl?.NoStore);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        foreach (var (line, number) in lines.Select((line, i) => (line, i + 1)))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            // Somebody without the portal can recompute the chain from the file.
            var hash = LedgerEntry.ComputeHash(
                Convert.FromHexString(root.GetProperty("previousHash").GetString()!), root.GetProperty("sequence").GetInt64(),
                root.GetProperty("time").GetDateTimeOffset(), root.GetProperty("actor").GetString()!, root.GetProperty("act").GetString()!,
                root.GetProperty("subject").GetString()!, Encoding.UTF8.GetBytes(root.GetProperty("content").GetRawText()));
            Assert.Equal(number, root.GetProperty("sequence").GetInt64());
            Assert.Equal(Convert.ToHexStringLower(hash), root.GetProperty("hash").GetString());
            Assert.Equal("alice", root.GetProperty("actorUserName").GetString());
        }
    }

    [Fact]
    public async Task JsonLines_ContentThatSomebodyChanged_StaysOneLine()
    {
        await WriteAsync(2);
        await Database.ExecuteAsOwnerAsync("ALTER TABLE ledger_entries DISABLE TRIGGER ALL; UPDATE ledger_entries SET content = convert_to(E'{}\\n{\"sequence\":99}', 'UTF8') WHERE sequence = 1", Cancellation);

        var lines = (await TextAsync(LedgerExportEndpoints.JsonLines, World.Sam)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2, lines.Length);
        Assert.Equal("{}\n{\"sequence\":99}", Encoding.UTF8.GetString(JsonDocument.Parse(lines[0]).RootElement.GetProperty("contentBase64").GetBytesFromBase64()));
    }

    [Fact]
    public async Task Csv_WholeLedger_HasAHeaderAndOneRecordForEachEntry()
    {
        await WriteAsync(2);

        var lines = (await TextAsync(LedgerExportEndpoints.Csv, World.Dana)).Split("\r\n");

        Assert.Equal("sequence,time,actor,actor_user_name,act,subject,content,previous_hash,hash", lines[0]);
        Assert.StartsWith($"1,2026-11-24T12:00:00.000000Z,person:{World.Alice.PersonId},alice,alert,test:0,\"{{\"\"entry\"\":0}}\",", lines[1], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
        Assert.Empty(lines[3]);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"no\"", "\"say \"\"no\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=HYPERLINK(\"http://x\",1)", "\"'=HYPERLINK(\"\"http://x\"\",1)\"")]
    public void Cell_AnyText_IsNeitherFormulaNorTwoCells(string value, string cell) => Assert.Equal(cell, LedgerCsv.Cell(value));

    [Fact]
    public async Task Csv_UserNameThatIsAFormula_IsText()
    {
        await using (var db = Database.CreateDbContext())
        {
            var evil = World.SignIn(db, "=cmd|' /C calc'!A0", Start, "developers");
            db.Record(Start, LedgerActor.Of(evil.PersonId), LedgerActs.SignedIn, LedgerSubject.Of(evil.SessionId), []);
            await db.CommitAsync(Cancellation);
        }

        Assert.Contains(",'=cmd|' /C calc'!A0,", await TextAsync(LedgerExportEndpoints.Csv, World.Sam), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LedgerExportEndpoints.JsonLines)]
    [InlineData(LedgerExportEndpoints.Csv)]
    public async Task Export_ByEveryWrongPerson_IsRefusedAndSaysNothing(string address)
    {
        await WriteAsync(1);
        // The cookie alone decides nothing: the records do, at this moment.
        Actor[] wrong = [World.Alice, World.Bob, World.Mallory, await SignInAgainAsync(World.Dana, "developers"), .. await NobodyAsync()];
        foreach (var actor in wrong)
        {
            using var response = await GetAsync(address, actor, expected: HttpStatusCode.Forbidden);
            Assert.DoesNotContain("test:0", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
            Assert.Null(response.Content.Headers.ContentDisposition);
        }
        using var nobody = await GetAsync(address, null, expected: HttpStatusCode.Unauthorized);
        Assert.Empty(await nobody.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Export_Filtered_HasOnlyThose()
    {
        await WriteAsync(5);

        var text = await TextAsync($"{LedgerExportEndpoints.Csv}?act=alert&actor=alice&subject=test:2&from=2026-11-24T12:00:01Z&to=2026-11-24T12:00:03Z", World.Sam);

        Assert.Equal(["sequence", "3"], text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(',')[0]));
        using var wrong = await GetAsync($"{LedgerExportEndpoints.Csv}?from=yesterday", World.Sam, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Export_LongerThanAPart_HasEveryEntryOnceInOrder()
    {
        await WriteAsync((LedgerExportQuery.Part * 2) + 3, inOne: true);

        var sequences = (await TextAsync(LedgerExportEndpoints.Csv, World.Sam)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => long.Parse(line.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture));

        Assert.Equal(Enumerable.Range(1, (LedgerExportQuery.Part * 2) + 3).Select(n => (long)n), sequences);
    }

    [Fact]
    public async Task Export_Reading_HoldsOnePartAtATime()
    {
        await WriteAsync(LedgerExportQuery.Part + 1, inOne: true);
        var export = (await new LedgerExportQuery(Database, Guard).AskAsync(World.Sam, new(), Cancellation)).Value;
        // Written after the export began: it ends nevertheless, and leaves this for the next.
        await WriteAsync(1);

        List<int> parts = [];
        await foreach (var part in export.Parts.WithCancellation(Cancellation)) parts.Add(part.Count);

        Assert.Equal([LedgerExportQuery.Part, 1], parts);
    }

    private async Task WriteAsync(int entries, bool inOne = false)
    {
        var db = Database.CreateDbContext();
        for (var i = 0; i < entries; i++)
        {
            db.Record(Start.AddSeconds(i), LedgerActor.Of(World.Alice.PersonId), LedgerActs.Alert, $"test:{i}", new JsonObject { ["entry"] = i });
            if (!inOne) await db.CommitAsync(Cancellation);
        }
        if (inOne) await db.CommitAsync(Cancellation);
        await db.DisposeAsync();
    }

    private async Task<string> TextAsync(string address, Actor actor)
    {
        using var response = await GetAsync(address, actor);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    private async Task<HttpResponseMessage> GetAsync(string address, Actor? actor, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (actor is not null) request.Headers.Add("X-Actor", $"{actor.PersonId} {actor.SessionId}");
        var response = await _client.SendAsync(request, Cancellation);
        Assert.Equal(expected, response.StatusCode);
        return response;
    }

    // Stands for the cookie: two ids, and nothing that says what the person may do.
    private sealed class HeaderSignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            if (Request.Headers["X-Actor"].ToString().Split(' ') is not [var person, var session]) return Task.FromResult(AuthenticateResult.NoResult());
            var identity = new ClaimsIdentity([new(Actor.PersonClaim, person), new(Actor.SessionClaim, session)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new(new(identity), Scheme.Name)));
        }
    }
}

using System.Text.Json.Nodes;
using Lapse.Domain.Ledger;
using Lapse.Domain.StepUp;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

public sealed class ProviderGateTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    private static ProviderOptions Okta => new() { Authority = "https://example.okta.com", ClientId = "lapse", ClientSecret = "s", Profile = "Okta" };

    [Theory]
    [InlineData(ActKind.SubmitRequest)]
    [InlineData(ActKind.TestProvider)]
    public async Task CheckAsync_SandboxProfileOutsideTheSandbox_IsRefused(ActKind act)
    {
        await using var db = Database.CreateDbContext();
        var gate = new ProviderGate(new() { Profile = ProviderProfile.Sandbox }, new(IsSandbox: false), Portal.Get<InstallationKey>(), Clock);

        Assert.Equal("SandboxProvider", (await gate.CheckAsync(db, act, Cancellation))?.Code);
        Assert.Contains(new ProviderOptions { Authority = "https://a.example", ClientId = "a", ClientSecret = "b", Profile = ProviderProfile.Sandbox }.Errors(sandbox: false), e => e.Contains("Sandbox", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CheckAsync_UntestedProvider_LetsOnlyItsTestThrough()
    {
        await using var db = Database.CreateDbContext();

        foreach (var act in Enum.GetValues<ActKind>())
            Assert.Equal(act == ActKind.TestProvider ? null : "ProviderNotTested", (await Gate(Okta).CheckAsync(db, act, Cancellation))?.Code);
    }

    [Fact]
    public async Task CheckAsync_PassedWithTheseSettings_IsOpenForThemOnly()
    {
        await PassAsync();
        await using var db = Database.CreateDbContext();

        Assert.Null(await Gate(Okta).CheckAsync(db, ActKind.SubmitRequest, Cancellation));
        Assert.Equal(1, await CountAsync(LedgerActs.ProviderTested));
        foreach (var changed in Changed) Assert.Equal("ProviderNotTested", (await Gate(changed).CheckAsync(db, ActKind.SubmitRequest, Cancellation))?.Code);
    }

    [Fact]
    public async Task CheckAsync_FailedAfterItPassed_IsClosedUntilItPassesAgain()
    {
        var admin = await PassAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        await using (var db = Database.CreateDbContext())
        {
            Gate(Okta).Fail(db, admin, ProviderTest.SecondRound, new(ProviderTest.ConfirmedWithoutFactor, "It did not ask."));
            await db.CommitAsync(Cancellation);
            Assert.Equal("ProviderNotTested", (await Gate(Okta).CheckAsync(db, ActKind.SubmitRequest, Cancellation))?.Code);
        }

        Clock.Advance(TimeSpan.FromMinutes(1));
        await using (var db = Database.CreateDbContext())
        {
            Gate(Okta).Pass(db, admin, "ProviderDenied", []);
            await db.CommitAsync(Cancellation);
            Assert.Null(await Gate(Okta).CheckAsync(db, ActKind.SubmitRequest, Cancellation));
        }
    }

    [Fact]
    public async Task CheckAsync_OtherFailureAfterItPassed_LeavesItOpen()
    {
        var admin = await PassAsync();
        Clock.Advance(TimeSpan.FromMinutes(1));
        await using var db = Database.CreateDbContext();
        Gate(Okta).Fail(db, admin, ProviderTest.FirstRound, new("ProviderDown", "It does not answer."));
        await db.CommitAsync(Cancellation);

        Assert.Null(await Gate(Okta).CheckAsync(db, ActKind.SubmitRequest, Cancellation));
        Assert.Equal(1, await CountAsync(LedgerActs.ProviderTestFailed));
    }

    public static TheoryData<string> Forgeries =>
    [
        "UPDATE provider_self_tests SET tested_at = tested_at + interval '1 second'",
        "UPDATE provider_self_tests SET passed = false",
        "UPDATE provider_self_tests SET signature = decode(repeat('00', 64), 'hex')",
        "UPDATE provider_self_tests SET signature = decode('', 'hex')",
        "UPDATE provider_self_tests SET settings_digest = decode(repeat('ab', 32), 'hex')",
    ];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task NewestAsync_RowThatWasChangedBehindLapse_CountsForNothing(string forgery)
    {
        await PassAsync();
        await Database.ExecuteAsOwnerAsync(forgery, Cancellation);
        await using var db = Database.CreateDbContext();

        Assert.Null(await Gate(Okta).NewestAsync(db, Cancellation));
        Assert.Equal("ProviderNotTested", (await Gate(Okta).CheckAsync(db, ActKind.SubmitRequest, Cancellation))?.Code);
    }

    [Fact]
    public async Task NewestAsync_FailureTurnedIntoAPass_CountsForNothing()
    {
        var admin = await SignInAsync(Alice);
        await using var db = Database.CreateDbContext();
        Gate(Okta).Fail(db, admin.PersonId, ProviderTest.SecondRound, new(ProviderTest.ConfirmedWithoutFactor, "It did not ask."));
        await db.CommitAsync(Cancellation);
        await Database.ExecuteAsOwnerAsync("UPDATE provider_self_tests SET passed = true", Cancellation);

        Assert.Null(await Gate(Okta).NewestAsync(db, Cancellation));
    }

    [Fact]
    public async Task NewestAsync_RowThatWasWrittenBehindLapse_NeitherOpensNorHidesTheRealOne()
    {
        var admin = await PassAsync();
        await InsertAsync(admin, Okta);
        var lowered = Okta;
        lowered.Amr = ["pwd"];
        await InsertAsync(admin, lowered);
        await using var db = Database.CreateDbContext();

        Assert.Equal(3, await db.ProviderSelfTests.CountAsync(Cancellation));
        Assert.Equal(admin, (await Gate(Okta).NewestAsync(db, Cancellation))?.PersonId);
        Assert.Null(await Gate(lowered).NewestAsync(db, Cancellation));
    }

    private static IEnumerable<ProviderOptions> Changed
    {
        get
        {
            foreach (Action<ProviderOptions> change in (Action<ProviderOptions>[])
            [
                o => o.Authority += "/other", o => o.Issuer = "https://example.com", o => o.ClientId = "other", o => o.Profile = "EntraId",
                o => o.Acr = ["urn:okta:loa:1fa:any"], o => o.Amr = ["pwd"], o => o.Scopes = ["openid"], o => o.GroupsClaim = "roles",
            ])
            {
                var options = Okta;
                change(options);
                yield return options;
            }
        }
    }

    private ProviderGate Gate(ProviderOptions options) => new(options, new(IsSandbox: false), Portal.Get<InstallationKey>(), Clock);

    private async Task<Domain.PersonId> PassAsync()
    {
        var admin = await SignInAsync(Alice);
        await using var db = Database.CreateDbContext();
        Gate(Okta).Pass(db, admin.PersonId, ProviderTest.NoAnswer, new JsonObject());
        await db.CommitAsync(Cancellation);
        return admin.PersonId;
    }

    private async Task InsertAsync(Domain.PersonId admin, ProviderOptions options) => await Database.ExecuteAsOwnerAsync(
        $"INSERT INTO provider_self_tests (settings_digest, person_id, tested_at, passed, signature) VALUES (decode('{Convert.ToHexString(options.Digest())}', 'hex'), '{admin}', now() + interval '1 day', true, decode(repeat('00', 64), 'hex'))", Cancellation);
}

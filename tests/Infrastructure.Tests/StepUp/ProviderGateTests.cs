using Lapse.Domain.Ledger;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Oidc;
using Lapse.Infrastructure.Tests.Fixtures;
using Xunit;

namespace Lapse.Infrastructure.Tests.StepUp;

public sealed class ProviderGateTests(PostgresFixture postgres) : StepUpTest(postgres)
{
    private static ProviderOptions Okta => new() { Authority = "https://example.okta.com", ClientId = "lapse", ClientSecret = "s", Profile = "Okta" };

    [Fact]
    public async Task CheckAsync_SandboxProfileOutsideTheSandbox_IsRefused()
    {
        await using var db = Database.CreateDbContext();
        var gate = new ProviderGate(new() { Profile = ProviderProfile.Sandbox }, new(IsSandbox: false), Portal.Get<InstallationKey>(), Clock);

        Assert.Equal("SandboxProvider", (await gate.CheckAsync(db, Cancellation))?.Code);
        Assert.Contains(new ProviderOptions { Authority = "https://a.example", ClientId = "a", ClientSecret = "b", Profile = ProviderProfile.Sandbox }.Errors(sandbox: false), e => e.Contains("Sandbox", StringComparison.Ordinal));
    }

    [Fact]
    public async Task CheckAsync_RealProvider_OpensOnlyAfterASelfTestWithTheseSettings()
    {
        var admin = await SignInAsync(Alice);
        var gate = new ProviderGate(Okta, new(IsSandbox: false), Portal.Get<InstallationKey>(), Clock);
        await using var db = Database.CreateDbContext();
        Assert.Equal("ProviderNotTested", (await gate.CheckAsync(db, Cancellation))?.Code);

        var token = await Portal.Get<TokenVerifier>().VerifyAsync(Provider.Given.Last(), Cancellation);
        await gate.PassAsync(db, admin.PersonId, token.Value, Cancellation);
        await db.CommitAsync(Cancellation);

        Assert.Null(await gate.CheckAsync(db, Cancellation));
        Assert.Equal(1, await CountAsync(LedgerActs.ProviderTested));
        var lowered = Okta;
        lowered.Amr = ["pwd"];
        Assert.Equal("ProviderNotTested", (await new ProviderGate(lowered, new(false), Portal.Get<InstallationKey>(), Clock).CheckAsync(db, Cancellation))?.Code);
    }

    [Fact]
    public async Task CheckAsync_SelfTestWrittenIntoTheDatabase_IsRefused()
    {
        var admin = await SignInAsync(Alice);
        await Database.ExecuteAsOwnerAsync(
            $"INSERT INTO provider_self_tests (settings_digest, person_id, passed_at, signature) VALUES (decode('{Convert.ToHexString(Okta.Digest())}', 'hex'), '{admin.PersonId}', now(), decode(repeat('00', 64), 'hex'))", Cancellation);
        await using var db = Database.CreateDbContext();

        Assert.Equal("ProviderNotTested", (await new ProviderGate(Okta, new(false), Portal.Get<InstallationKey>(), Clock).CheckAsync(db, Cancellation))?.Code);
    }
}

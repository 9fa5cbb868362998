using Lapse.Domain;
using Lapse.Infrastructure.Tests.Evidence;
using Lapse.Infrastructure.Tests.Fixtures;
using Lapse.Portal.Authentication;
using Lapse.Portal.Features.Evidence;
using Lapse.Portal.Features.Requests;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace Lapse.Infrastructure.Tests.Features;

/// <summary>Who may have the evidence of a grant; the page offers it to the same people.</summary>
public sealed class ExportEvidenceTests(PostgresFixture postgres) : OversightTest(postgres)
{
    private ExportEvidence Export => new(Database, Guard, BundleFixture.Whole.Export(Database));

    [Fact]
    public async Task Make_WhoTookPartAdminsAndAuditors_HaveIt()
    {
        var grant = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);
        foreach (var right in new[] { World.Alice, World.Bob, World.Dana, World.Sam })
        {
            Assert.Equal(grant.ToString(), (await Export.MakeAsync(right, grant, Cancellation)).Value.Bundle["grant"]!["id"]!.GetValue<string>());
            Assert.True(await IsOfferedAsync(right, grant));
        }
    }

    [Fact]
    public async Task Make_WhoCouldHaveDecidedAndDidNot_DoesNot()
    {
        var grant = await GrantedAsync(World.OnePeer, World.Alice, World.Bob);

        Assert.Equal("GrantUnknown", (await Export.MakeAsync(World.Carol, grant, Cancellation)).Refusal?.Code);
        Assert.False(await IsOfferedAsync(World.Carol, grant));
        Assert.Equal("GrantUnknown", (await Export.MakeAsync(World.Mallory, grant, Cancellation)).Refusal?.Code);
        Assert.Equal("GrantUnknown", (await Export.MakeAsync(World.Dana, UuidId.New<GrantId>(Start), Cancellation)).Refusal?.Code);
        foreach (var nobody in await NobodyAsync()) Assert.Contains((await Export.MakeAsync(nobody, grant, Cancellation)).Refusal?.Code, new[] { "SignInAgain", "Disabled" });
    }

    private async Task<bool> IsOfferedAsync(Actor actor, GrantId grant)
    {
        await using var db = Database.CreateDbContext();
        var request = await db.Grants.Where(g => g.Id == grant).Select(g => g.RequestId).SingleAsync(Cancellation);
        return (await new RequestThreadQuery(Database, Guard, Clock).AskAsync(actor, new(request.ToString()), Cancellation)).Value.Rights.Evidence;
    }
}

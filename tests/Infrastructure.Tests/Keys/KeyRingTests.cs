using System.Text;
using Lapse.Domain;
using Lapse.Domain.Catalogue;
using Lapse.Infrastructure.Keys;
using Lapse.Infrastructure.Persistence;
using Lapse.Infrastructure.Tests.Fixtures;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Lapse.Infrastructure.Tests.Keys;

public sealed class KeyRingTests(PostgresFixture postgres) : DatabaseTest(postgres)
{
    private readonly ScratchFolder _folder = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Seal_OpenedByAnotherReplica_GivesTheSecret()
    {
        await using var one = Replica(_folder.Path);
        await using var two = Replica(_folder.Path);

        var secret = one.GetRequiredService<Sealer>().Seal("test", "hush"u8.ToArray());

        Assert.Equal("hush"u8.ToArray(), two.GetRequiredService<Sealer>().Open("test", secret));
        Assert.Null(two.GetRequiredService<Sealer>().Open("another purpose", secret));
    }

    [Fact]
    public async Task KeyRing_OfReplicasThatStartAtOnce_HasOneKeyThatAllKnow()
    {
        List<ServiceProvider> replicas = [.. Enumerable.Range(0, 4).Select(_ => Replica(_folder.Path))];

        await Task.WhenAll(replicas.Select(replica => Task.Run(() => replica.GetRequiredService<FirstKey>().EnsureAsync(Cancellation))));

        Assert.All(replicas, replica => Assert.Single(replica.GetRequiredService<IKeyManager>().GetAllKeys()));
        var secret = replicas[0].GetRequiredService<Sealer>().Seal("test", "hush"u8.ToArray());
        Assert.All(replicas, replica => Assert.Equal("hush"u8.ToArray(), replica.GetRequiredService<Sealer>().Open("test", secret)));
        foreach (var replica in replicas) await replica.DisposeAsync();
    }

    [Fact]
    public async Task KeyRing_InTheDatabase_IsNotInTheClear()
    {
        await using var replica = Replica(_folder.Path);
        replica.GetRequiredService<Sealer>().Seal("test", [1]);

        await using var db = Database.CreateDbContext();
        var xml = (await db.DataProtectionKeys.SingleAsync(Cancellation)).Xml!;
        var content = Encoding.UTF8.GetString(Convert.FromBase64String(System.Xml.Linq.XElement.Parse(xml).Attribute("content")!.Value));
        Assert.Contains("EncryptedData", content, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyRing_RowOfSomebodyElse_IsLeftOut()
    {
        await using (var replica = Replica(_folder.Path)) replica.GetRequiredService<Sealer>().Seal("test", [1]);
        using var elsewhere = new ScratchFolder();
        var forged = ForgedElement();
        await using (var db = Database.CreateDbContext())
        {
            // Plain as ASP.NET Core writes it; and signed, but by another installation's key.
            db.DataProtectionKeys.Add(new() { FriendlyName = "plain", Xml = forged });
            await db.SaveChangesAsync(Cancellation);
        }
        await using (var other = Replica(elsewhere.Path))
            Assert.Single(other.GetRequiredService<IKeyManager>().GetAllKeys().Concat([other.GetRequiredService<IKeyManager>().CreateNewKey(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(90))]));

        await using var again = Replica(_folder.Path);
        Assert.Single(again.GetRequiredService<IKeyManager>().GetAllKeys());
        await using var rows = Database.CreateDbContext();
        Assert.Equal(3, await rows.DataProtectionKeys.CountAsync(Cancellation));
    }

    [Fact]
    public async Task KeyRing_RowChangedByOneCharacter_IsLeftOut()
    {
        await using (var replica = Replica(_folder.Path)) replica.GetRequiredService<Sealer>().Seal("test", [1]);
        await Database.ExecuteAsOwnerAsync("UPDATE data_protection_keys SET xml = replace(xml, 'content=\"P', 'content=\"Q')", Cancellation);

        await using var again = Replica(_folder.Path);

        Assert.Empty(again.GetRequiredService<IKeyManager>().GetAllKeys());
    }

    [Fact]
    public async Task ClusterCredential_AfterTheAddressWasChanged_DoesNotOpen()
    {
        await using var replica = Replica(_folder.Path);
        var sealer = replica.GetRequiredService<Sealer>();
        var settings = new ClusterSettings("sandbox", "Sandbox", ClusterEnvironment.Production, "https://10.0.0.1:6443", "", CredentialKind.Token, "sub", "oidc:");
        var cluster = Cluster.Register(ClusterId.From(Guid.NewGuid()), settings);
        cluster.Seal(sealer.Seal(SealPurposes.ClusterCredential(cluster.SettingsDigest()), "token"u8.ToArray()));

        Assert.NotNull(sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential));
        cluster.Change(settings with { Server = "https://10.6.6.6:6443" });
        Assert.Null(sealer.Open(SealPurposes.ClusterCredential(cluster.SettingsDigest()), cluster.SealedCredential));
    }

    private ServiceProvider Replica(string folder)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Lapse:Mode"] = "Sandbox", ["Lapse:Keys"] = folder }).Build();
        return new ServiceCollection().AddLogging().AddSingleton<IDbContextFactory<PortalDbContext>>(Database).AddSingleton(Database.Serving).AddLapseKeys(configuration).BuildServiceProvider();
    }

    private static string ForgedElement()
    {
        using var folder = new ScratchFolder();
        using var provider = new ServiceCollection().AddLogging().AddDataProtection().PersistKeysToFileSystem(new(folder.Path)).Services.BuildServiceProvider();
        provider.GetRequiredService<IKeyManager>().CreateNewKey(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(90));
        return File.ReadAllText(Directory.GetFiles(folder.Path).Single());
    }
}

using System.Text;
using System.Xml;
using System.Xml.Linq;
using Lapse.Infrastructure.Persistence;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Lapse.Infrastructure.Keys;

/// <summary>
/// The key ring of ASP.NET Core data protection in PostgreSQL. Each element is signed by the installation's key when it is stored,
/// and left out when it is read without that signature: otherwise somebody who can write the database would add a key of their
/// own and forge sign-in cookies with it.
/// </summary>
internal sealed partial class SignedKeyRing(IDbContextFactory<PortalDbContext> database, InstallationKey key, KeyRingEncryption encryption, ILogger<SignedKeyRing> log) : IXmlRepository
{
    private const string Domain = "lapse/key-ring/v1";
    private const string Signed = "signed";
    private const string Content = "content";
    private const string Signature = "signature";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var db = database.CreateDbContext();
        List<XElement> elements = [];
        foreach (var row in db.DataProtectionKeys.AsNoTracking().OrderBy(k => k.Id))
        {
            if (Open(row.Xml) is { } element) elements.Add(encryption.Open(element));
            else LogLeftOut(row.Id, row.FriendlyName);
        }
        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var db = database.CreateDbContext();
        db.DataProtectionKeys.Add(new DataProtectionKey { FriendlyName = friendlyName, Xml = Sign(element) });
        db.SaveChanges();
    }

    /// <summary>Encrypts each element anew that is under an older certificate, as the database's owner; nobody else may change the key ring.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> RenewAsync(CancellationToken cancellation)
    {
        await using var db = await database.CreateDbContextAsync(cancellation);
        var renewed = 0;
        foreach (var row in await db.DataProtectionKeys.AsNoTracking().OrderBy(k => k.Id).ToListAsync(cancellation))
        {
            if (Open(row.Xml) is not { } element || encryption.Renew(element) is not { } current) continue;
            var xml = Sign(current);
            renewed += await db.DataProtectionKeys.Where(k => k.Id == row.Id && k.Xml == row.Xml).ExecuteUpdateAsync(set => set.SetProperty(k => k.Xml, xml), cancellation);
        }
        return renewed;
    }

    private string Sign(XElement element)
    {
        var content = Encoding.UTF8.GetBytes(element.ToString(SaveOptions.DisableFormatting));
        return new XElement(Signed, new XAttribute(Signature, Convert.ToBase64String(key.Sign(Domain, content))), new XAttribute(Content, Convert.ToBase64String(content))).ToString(SaveOptions.DisableFormatting);
    }

    private XElement? Open(string? xml)
    {
        if (xml is null) return null;
        try
        {
            var signed = XElement.Parse(xml);
            if (signed.Name != Signed || signed.Attribute(Content)?.Value is not { } encoded || signed.Attribute(Signature)?.Value is not { } signature) return null;
            var content = Convert.FromBase64String(encoded);
            return key.Verify(Domain, content, Convert.FromBase64String(signature)) ? XElement.Parse(Encoding.UTF8.GetString(content)) : null;
        }
        catch (Exception malformed) when (malformed is XmlException or FormatException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "Key ring row {Id} ({Name}) was not written by this installation and is left out. Somebody changed the database, or the installation's key is another one.")]
    private partial void LogLeftOut(int id, string? name);
}
